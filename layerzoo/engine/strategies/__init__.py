"""Strategies to run a pass: whole net under autograd, layer by layer, or on blobs shared with a program."""
