"""Device memory: the needs of training, and what is available."""
