"""How well an engine answers: metrics by the field's conventions, benchmarks on real and rendered scenes, one table."""
