"""Published datasets, one reader each, and the one form of sample that training and evaluation share."""
