"""The default engine: onnxruntime and numpy, never torch."""
