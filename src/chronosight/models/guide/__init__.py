"""The vision-guided module of ChangeVG (arXiv 2509.23105): mask, direction and caption of a change."""
