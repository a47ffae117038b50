"""report.html, the page about a pair of any size."""
