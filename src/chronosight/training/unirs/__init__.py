"""Joint training of UniRS at full size (arXiv 2412.20742)."""
