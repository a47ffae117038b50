"""report.html, the page that tells of a pair of any size."""
