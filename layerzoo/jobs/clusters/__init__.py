"""The clusters, a module each."""
