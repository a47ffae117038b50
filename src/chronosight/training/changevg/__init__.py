"""LoRA tuning of a Qwen-VL on guided instructions (ChangeVG, arXiv 2509.23105)."""
