"""The `fanin` command: a thin client of a hub's operator and viewer, and offline tools for definitions, trust and signatures."""
