"""Many pairs in one run: a manifest in, one result row a pair out; on this machine or on a Ray cluster."""
