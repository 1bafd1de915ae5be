"""What a solver's config says, checked before anything is built: its nets, its length, its device."""
