"""Memory: what is available on a device, and what a net needs by the shapes of its graph."""
