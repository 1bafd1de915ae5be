"""The contract of layers: promises checked at a layer's first pass and on examples of its class."""

from layerzoo.contract.first_pass import trial, watch_first_pass

__all__ = ["trial", "watch_first_pass"]
