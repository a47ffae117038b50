"""ChangeIMTI (arXiv 2509.23105): instructions about pairs of dates, made of LEVIR-CC captions and LEVIR-MCI masks.

`source` reads the pairs, `labels` their masks; `records` and `extra_questions` make records of them, `build` writes them
and `card` describes them. `read` and `check` look through finished files, these or the public ones.
"""
