"""Answers and descriptions as Python shows them: reprs for notebooks, plots, maps, tables, and saving.

Engines give the plain data of `results`; the public functions of `chronosight` hand it out as the classes here.
"""
