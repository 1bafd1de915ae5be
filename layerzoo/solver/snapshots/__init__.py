"""Snapshots of a run: capture, writing and pruning, resuming."""
