"""Pairs too large for memory: windows of both dates on one grid, read as they are needed."""
