"""Functions shared by several layers, one module per subject; they know tensors and numbers, not layers."""
