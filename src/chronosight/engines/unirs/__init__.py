"""UniRS at full size: the engine, its clues and where it runs."""
