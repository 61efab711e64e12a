"""One verb a module: what the functions do, told in terms of ports."""
