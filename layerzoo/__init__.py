"""Layerzoo: nets and solvers as config files, run by torch."""

__version__ = "0.1.0"
