"""fanin: a serverless fan-in coordinator. The folder list is the architecture; see docs/architecture.md."""
