"""The version of Layerzoo."""

__version__ = "0.4.0"
