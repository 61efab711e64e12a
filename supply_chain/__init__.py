"""What is shipped and who wrote it: the components of what is deployed, as an SBOM and as a list of licences."""
