"""Measurements that the documents cite, of what is built and deployed: `make bench`. Results are under build/bench/."""
