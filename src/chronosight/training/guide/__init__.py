"""The vision guide: recognition and summary branch, cross-fitted facts, and the three stages on LEVIR-MCI."""
