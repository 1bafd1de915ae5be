"""Maths that several layers share, one module a subject; knows tensors and numbers, no layer."""
