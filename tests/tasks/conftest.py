"""Examples are drawn from a fixed seed, and no single one is timed: the machine may be busy."""

from hypothesis import settings

settings.register_profile("tasks", max_examples=25, deadline=None, derandomize=True)
settings.load_profile("tasks")
