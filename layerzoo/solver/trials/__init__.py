"""Short training runs that are thrown away: rehearsal, learning rate and batch size search, overfitting."""
