"""Checks of a solver's config before anything is built: its nets, its length, its device."""
