"""The version of Layerzoo."""

__version__ = "0.3.0"
