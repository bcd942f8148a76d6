"""What `bench_peers.py` is made of: the work, the peers, and the comparison of their results."""
