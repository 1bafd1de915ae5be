"""The version of Layerzoo."""

__version__ = "0.8.0"
