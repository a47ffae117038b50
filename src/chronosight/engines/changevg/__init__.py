"""ChangeVG: the vision guide looks, a Qwen-VL answers, and the answer is held against the guide's map."""
