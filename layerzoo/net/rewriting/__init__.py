"""Passes over the plan of a net: the same numbers up to rounding, computed faster.

Each module here takes steps and returns steps: `joins` (layers as one operation under autograd), `in_place`
(activations that overwrite their bottom), `layout` (blobs in channels-last), `folding` (affine maps and
activations folded into convolutions, for nets whose params stay as they are). `training` and `deployment`
choose among them.
"""
