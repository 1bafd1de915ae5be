"""Iterations recorded once, as CUDA graphs, and replayed."""
