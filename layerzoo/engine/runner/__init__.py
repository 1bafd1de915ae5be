"""Run a net one layer at a time, on persistent blobs."""
