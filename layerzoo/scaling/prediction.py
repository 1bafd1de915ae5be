"""The time of an iteration on a cluster, with gradients averaged while the backward pass goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from layerzoo.scaling.buckets import FIRST_BYTES, bucket_plan
from layerzoo.scaling.links import AllReduceTime, Cluster
from layerzoo.scaling.training import Training

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
        batch_size: samples of one process, in all passes of the iteration.
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
    training: Training | None = None,
) -> Prediction:
    """Predict an iteration.

    The backward pass goes through the layers from the last to the first. A bucket is sent once its gradients
    are finished and the bucket before it has been sent. The loss is averaged when all else is done.

    Args:
        costs: the layers in the order of the forward pass.
        cluster: the cluster.
        batch_size: samples of a pass of one process.
        update: seconds of the update.
        overlapped: False if all-reduces begin after the backward pass, or take from it the time that they
            take, as processes do that leave no core free for them.
        training: what the solver says; default: one pass, gradients as they are.

    Raises:
        UsageError: a link that the cluster needs is not known.
    """
    said = training or Training()
    if said.every:
        return _averaging_weights(costs, cluster, batch_size, update, said)
    clock = (said.passes - 1) * sum(cost.backward for cost in costs)
    clock += said.passes * sum(cost.forward for cost in costs)
    sizes: list[int] = []
    finished: list[float] = []
    for cost in reversed(costs):
        clock += cost.backward
        sizes += cost.gradients
        finished += [clock] * len(cost.gradients)
    plan = bucket_plan(sizes, min(FIRST_BYTES, said.bucket_bytes), said.bucket_bytes)
    total, free = AllReduceTime(), 0.0
    for bucket in plan:
        taken = cluster.all_reduce(round(said.share * sum(sizes[index] for index in bucket)))
        ready = finished[bucket[-1]] if overlapped and said.overlapped else clock
        free = max(free, ready) + taken.seconds
        total = total.plus(taken)
    loss = cluster.all_reduce(_LOSS_BYTES)
    waiting = max(0.0, free - clock) + loss.seconds
    samples = batch_size * said.passes
    return Prediction(cluster, samples, clock + update, total.plus(loss), waiting, len(plan))


def _averaging_weights(
    costs: Sequence[LayerCost], cluster: Cluster, batch_size: int, update: float, said: Training
) -> Prediction:
    """An iteration of local SGD: its share of the average of all weights, and the average of the loss."""
    clock = said.passes * sum(cost.forward + cost.backward for cost in costs)
    weights = cluster.all_reduce(sum(sum(cost.gradients) for cost in costs))
    share = AllReduceTime(*(seconds / said.every for seconds in weights))
    total = share.plus(cluster.all_reduce(_LOSS_BYTES))
    return Prediction(cluster, batch_size * said.passes, clock + update, total, total.seconds, 1)
