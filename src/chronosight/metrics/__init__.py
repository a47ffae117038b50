"""Metrics by the field's conventions: arrays and strings in, numbers out; nothing else of this project is imported.

Every score is a formula of sums over answers ("parts", one row an answer), so a corpus score is the formula of the summed
parts, and one bootstrap serves all of them (`bootstrap.py`). A score over nothing is nan, never 0 or 1.
"""
