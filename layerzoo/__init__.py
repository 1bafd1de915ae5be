"""Layerzoo: nets and solvers as config files, run by torch."""
