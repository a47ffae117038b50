"""Makers of training samples, deterministic by index or generator."""
