"""The version of Layerzoo."""

__version__ = "0.6.0"
