"""The version of Layerzoo."""

__version__ = "0.7.0"
