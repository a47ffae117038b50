"""Tasks: one file each with wordings, parsing and values; the label rule, the prompt and the routing of free questions."""
