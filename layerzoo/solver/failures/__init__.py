"""Failures that end a run: out of memory, and losses or gradients that become NaN or infinite."""
