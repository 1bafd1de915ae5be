"""The time of an all-reduce, by the number of processes and the links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from layerzoo.errors import UsageError


class Link(NamedTuple):
    """What connects processes: sending n bytes to a neighbour takes ``latency + n / bandwidth`` seconds.

    Attributes:
        latency: seconds of a step.
        bandwidth: bytes per second that a process sends; it receives as many at the same time.
    """

    latency: float
    bandwidth: float


class AllReduceTime(NamedTuple):
    """The seconds of all-reduces, by what takes them.

    Attributes:
        latency: of the steps, however little is sent.
        link: of the bytes inside machines.
        network: of the bytes between machines.
    """

    latency: float = 0.0
    link: float = 0.0
    network: float = 0.0

    @property
    def seconds(self) -> float:
        """All of it."""
        return sum(self)

    def plus(self, other: AllReduceTime) -> AllReduceTime:
        """This one and then another."""
        return AllReduceTime(*(mine + its for mine, its in zip(self, other, strict=True)))


def ring(count: int, size: int, link: Link) -> tuple[float, float]:
    """An all-reduce around a ring: seconds of its steps, and of its bytes.

    Each process sends its n-th of the gradients n - 1 times to sum them, and n - 1 times to share the sums.
    """
    steps = 2 * (count - 1)
    return steps * link.latency, steps / count * size / link.bandwidth


def tree(count: int, size: int, link: Link) -> tuple[float, float]:
    """An all-reduce up and down two binary trees, each with half of the bytes, as NCCL's.

    Every process sends each byte about twice, but there are few steps.
    """
    steps = 2 * (count - 1).bit_length()
    return steps * link.latency, 2 * size / link.bandwidth if count > 1 else 0.0


def flat(count: int, size: int, link: Link) -> tuple[float, float]:
    """The faster of `ring` and `tree`, which NCCL chooses for each all-reduce."""
    return min(ring(count, size, link), tree(count, size, link), key=sum)


@dataclass(frozen=True)
class Cluster:
    """Machines that are alike, with GPUs that are alike.

    Attributes:
        gpus: GPUs of a machine; one process trains on each.
        machines: number of machines.
        link: between the GPUs of a machine; not needed for one GPU.
        network: between machines, all GPUs of a machine together; not needed for one machine.
    """

    gpus: int = 1
    machines: int = 1
    link: Link | None = None
    network: Link | None = None

    @property
    def count(self) -> int:
        """Number of processes."""
        return self.gpus * self.machines

    def all_reduce(self, size: int) -> AllReduceTime:
        """The time to average ``size`` bytes over all processes.

        With several GPUs on several machines: the GPUs of each machine sum a part each around a ring, the
        machines then sum the parts, and the GPUs of each machine share the sums. These follow one another,
        so it is an upper bound for what works piece by piece.

        Raises:
            UsageError: a link that is needed is not known.
        """
        latency = inside = between = 0.0
        if self.gpus > 1:
            if self.link is None:
                raise UsageError(f"the link between {self.gpus} GPUs is not known")
            latency, inside = (flat if self.machines == 1 else ring)(self.gpus, size, self.link)
        if self.machines > 1:
            if self.network is None:
                raise UsageError(f"the network between {self.machines} machines is not known")
            steps, between = flat(self.machines, size, self.network)
            latency += steps
        return AllReduceTime(latency, inside, between)
