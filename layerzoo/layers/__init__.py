"""One module a layer type; found by name, so adding one touches nothing else."""
