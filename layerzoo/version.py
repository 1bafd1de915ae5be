"""The version of Layerzoo."""

__version__ = "0.2.0"
