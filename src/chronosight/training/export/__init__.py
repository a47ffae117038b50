"""Trained models -> the ONNX graphs of the compact engine, each compared with torch."""
