"""From files to scenes: images, pairs of dates on one grid, and videos, with their place and time."""
