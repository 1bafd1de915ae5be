"""Nets and training loops as people write them by hand in torch, to compare with."""
