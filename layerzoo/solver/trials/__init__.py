"""Short training runs without results to keep: dry run, searches for rate and batch size, overfitting."""
