"""The local AWS: several accounts on loopback, for the demo, the end-to-end tests and a developer's own trials.

One emulator process holds every account; a client's account is its access key id. What it does differently from AWS is in
docs/local-aws.md, and nothing here is imported by what is deployed.
"""

from local.aws import LocalAws

__all__ = ["LocalAws"]
