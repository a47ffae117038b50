"""Whole scenes: tiled inference with results on disk."""
