"""Published data sets of joint training (arXiv 2412.20742): one reader a set, one form of example for all."""
