"""The version of Layerzoo."""

__version__ = "0.5.0"
