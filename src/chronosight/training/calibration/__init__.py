"""Fits the confidences of a weights folder on held-out scenes, and writes them into its config.json."""
