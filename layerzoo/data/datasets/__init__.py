"""Named data sets, one module each; the ``Dataset`` layer reads them by name."""
