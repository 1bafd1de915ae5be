"""What every layer promises, checked: at the first pass of a class of the user's own."""

from layerzoo.contract.first_pass import trial, watch_first_pass

__all__ = ["trial", "watch_first_pass"]
