"""What a solver says of an iteration in several processes."""

from __future__ import annotations

from typing import Final, NamedTuple

from layerzoo.optimizer import RULES, rule_name
from layerzoo.scaling.buckets import BYTES
from layerzoo.schema import FP64, DistributedParameter, GradientCompression, SolverParameter

_SHARES: Final = {GradientCompression.BF16: 0.5, GradientCompression.FP16: 0.5}


class Training(NamedTuple):
    """How an iteration trains.

    Attributes:
        passes: forward and backward passes before gradients are averaged (``iter_size``).
        share: bytes that are sent for each byte of gradients in FP32.
        bucket_bytes: bytes that fill a bucket.
        every: weights are averaged after so many iterations, in place of gradients; 0 for gradients.
        overlapped: gradients are averaged while the backward pass goes on.
        history: tensors that the update rule keeps of each param.
    """

    passes: int = 1
    share: float = 1.0
    bucket_bytes: int = BYTES
    every: int = 0
    overlapped: bool = True
    history: int = 1

    @property
    def update_passes(self) -> int:
        """How often an update reads or writes as many bytes as there are params."""
        return 3 + 2 * self.history  # it reads gradient and param and writes the param; history both ways


def training_of(param: SolverParameter) -> Training:
    """What a solver without faults says of an iteration."""
    given = param.distributed_param
    return Training(
        passes=max(1, param.iter_size),
        share=_SHARES.get(given.compression, 1.0 if param.precision != FP64 else 2.0),
        bucket_bytes=max(1, int(given.bucket_mb * 2**20)),
        every=given.average_every,
        overlapped=bool(param.layer_wise_reduce and not param.debug_info),
        history=1 if param.update else getattr(RULES[rule_name(param)], "slots", 1),
    )


def left_out(given: DistributedParameter) -> list[str]:
    """What a solver says that a prediction leaves out."""
    found = []
    if given.compression == GradientCompression.POWER_SGD:
        found.append("compression: POWER_SGD, whose gradients are predicted as they are")
    if given.sync_batch_norm:
        found.append("sync_batch_norm, whose sums are waited for in each pass")
    return found
