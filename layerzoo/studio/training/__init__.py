"""The form of a training: its fields, its schedule, and what is queued for it."""
