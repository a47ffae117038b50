"""ChangeVG's language model (arXiv 2509.23105): Qwen2.5-VL, or Qwen3-VL, with the guide's findings in its prompt."""
