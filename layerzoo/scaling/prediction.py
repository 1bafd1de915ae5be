"""The time of an iteration on a cluster, with gradients averaged while the backward pass goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from layerzoo.scaling.buckets import bucket_plan
from layerzoo.scaling.links import AllReduceTime, Cluster

_LOSS_BYTES: Final = 4
_SLIGHT: Final = 0.01
"""An iteration that waits for less than this share of its time waits for nothing."""


class LayerCost(NamedTuple):
    """What a layer costs in an iteration of one process.

    Attributes:
        name: its name.
        forward, backward: seconds of its passes.
        gradients: bytes of each gradient that its backward pass finishes.
    """

    name: str
    forward: float
    backward: float
    gradients: tuple[int, ...] = ()


class Prediction(NamedTuple):
    """An iteration on a cluster.

    Attributes:
        cluster: the cluster.
        batch_size: samples of one process.
        computation: seconds of a process's own work: passes and update.
        all_reduce: seconds of all its all-reduces, waited for or not.
        waiting: seconds of them that the process waits for.
        buckets: number of buckets.
    """

    cluster: Cluster
    batch_size: int
    computation: float
    all_reduce: AllReduceTime
    waiting: float
    buckets: int

    @property
    def seconds(self) -> float:
        """Seconds of the iteration."""
        return self.computation + self.waiting

    @property
    def efficiency(self) -> float:
        """The share of the time that is computation; 1 if n processes are n times as fast as one."""
        return self.computation / self.seconds if self.seconds else 1.0

    @property
    def speedup(self) -> float:
        """How many times as many samples a second as one process."""
        return self.cluster.count * self.efficiency

    @property
    def samples_a_second(self) -> float:
        """Samples a second of all processes; infinity for a net that takes no time."""
        samples = self.cluster.count * self.batch_size
        return samples / self.seconds if self.seconds else float("inf")

    @property
    def bottleneck(self) -> str:
        """``computation``, or what most of the all-reduces' time is: ``latency``, ``link`` or ``network``."""
        if self.waiting <= _SLIGHT * self.seconds:
            return "computation"
        return max(zip(self.all_reduce, self.all_reduce._fields, strict=True), key=lambda pair: pair[0])[1]


def predict(
    costs: Sequence[LayerCost],
    cluster: Cluster,
    batch_size: int,
    update: float = 0.0,
    overlapped: bool = True,
) -> Prediction:
    """Predict an iteration.

    The backward pass goes through the layers from the last to the first. A bucket is sent once its gradients
    are finished and the bucket before it has been sent. The loss is averaged when all else is done.

    Args:
        costs: the layers in the order of the forward pass.
        cluster: the cluster.
        batch_size: samples of one process.
        update: seconds of the update.
        overlapped: False if all-reduces begin after the backward pass, or take from it the time that they
            take, as processes do that leave no core free for them.

    Raises:
        UsageError: a link that the cluster needs is not known.
    """
    clock = sum(cost.forward for cost in costs)
    sizes: list[int] = []
    finished: list[float] = []
    for cost in reversed(costs):
        clock += cost.backward
        sizes += cost.gradients
        finished += [clock] * len(cost.gradients)
    plan = bucket_plan(sizes)
    total, free = AllReduceTime(), 0.0
    for bucket in plan:
        taken = cluster.all_reduce(sum(sizes[index] for index in bucket))
        ready = finished[bucket[-1]] if overlapped else clock
        free = max(free, ready) + taken.seconds
        total = total.plus(taken)
    loss = cluster.all_reduce(_LOSS_BYTES)
    waiting = max(0.0, free - clock) + loss.seconds
    return Prediction(cluster, batch_size, clock + update, total.plus(loss), waiting, len(plan))
