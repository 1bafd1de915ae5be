"""The plan of a training pass."""

from __future__ import annotations

from layerzoo.layer import RunningSums
from layerzoo.net.rewriting.in_place import overwrite
from layerzoo.net.rewriting.joins import join
from layerzoo.net.rewriting.layout import lay_out
from layerzoo.net.rewriting.rewritten import Rewritten
from layerzoo.plan import Plan


def training_plan(plain: Plan, fuse: bool = True, channels_last: bool = False) -> Plan:
    """A plan of the same numbers, up to rounding, for passes under autograd.

    Args:
        plain: the plan; it says which blobs to keep.
        fuse: run layers that follow each other as one operation.
        channels_last: the layout of blobs; the params of convolutions should have it too.
    """
    steps, sums = list(plain.steps), RunningSums()
    if fuse:
        steps, fresh = join(plain, steps, sums, typed=True)
        steps = overwrite(plain, steps, fresh, typed=True)
    if channels_last:
        steps = lay_out(plain, steps)
    return Rewritten(plain, steps, sums.apply) if fuse or channels_last else plain
