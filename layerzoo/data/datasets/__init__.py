"""Named data sets, a module each; the ``Dataset`` layer serves them by name."""
