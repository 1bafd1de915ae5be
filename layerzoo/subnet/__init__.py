"""Layers that run a subnet: at each step along an axis, a number of times, or where a condition holds."""
