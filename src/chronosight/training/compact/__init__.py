"""The compact model: vision tower, guides, joint training of the language model, ablations."""
