"""Many dates of one place: aligned, compared, and objects followed from date to date."""
