"""Recipes: what a training run is made with, as typed models read from YAML. `read.py` reads them; the rest are their fields."""
