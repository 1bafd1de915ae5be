"""Tasks whose samples are drawn, one module each; the ``DrawnData`` layer reads them by name."""
