"""The networks: vision guide, UniRS and ChangeVG's language model (torch)."""
