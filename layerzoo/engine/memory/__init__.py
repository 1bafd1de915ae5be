"""What training takes of a device's memory, and what is available."""
