"""Seeded renderer of scenes from above, with complete truth. Everything follows from the seed."""
