"""The version of Layerzoo."""

__version__ = "0.9.0"
