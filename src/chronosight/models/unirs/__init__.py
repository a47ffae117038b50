"""UniRS (arXiv 2412.20742): vision tower, change extraction, projector and a causal language model."""
