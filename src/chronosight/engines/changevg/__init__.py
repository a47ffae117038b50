"""ChangeVG: the vision guide detects change, a Qwen-VL answers, and the answer is compared with the guide's map."""
