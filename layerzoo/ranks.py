"""Several processes that train one net together, each on its share of the data."""

from __future__ import annotations

import atexit
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import (  # type: ignore[attr-defined]  # its exports are not marked
    PrefixStore,
    Store,
    rendezvous,
)

from layerzoo.errors import LayerzooError, UsageError

log = logging.getLogger("layerzoo")

T = TypeVar("T")

_MEETING = timedelta(minutes=10)
"""How long processes may take to start."""
_PATIENCE = timedelta(hours=6)
"""A process waits this long for another, which may be testing; one that has ended is noticed at once."""


class Deserted(LayerzooError):  # noqa: N818 (what another's mistake led to)
    """Another of the processes that train together has ended."""


class Ranks:
    """This process's place among those that train a net together.

    Every process has to make the same calls in the same order. Alone, as by default, none of them does
    anything. Source: Caffe's ``NCCL``; torch's ``distributed`` carries it, by NCCL between GPUs and by gloo
    between CPUs.

    Attributes:
        rank: this process's number, from 0.
        count: how many processes there are.
    """

    def __init__(self) -> None:
        self.rank = 0
        self.count = 1
        self._board: Store | None = None

    @classmethod
    def started_together(cls) -> Ranks:
        """The processes that ``torchrun`` started with this one; this one alone where it didn't.

        Raises:
            UsageError: they can't find each other.
        """
        count = os.environ.get("WORLD_SIZE", "1")
        if count == "1":
            return cls()
        if os.environ.get("RANK") == "0":
            place = ":".join(os.environ.get(f"MASTER_{part}", "?") for part in ("ADDR", "PORT"))
            log.info("%s processes train together; they meet at %s", count, place)
        try:
            store, rank, size = next(rendezvous("env://", timeout=_MEETING))
        except (RuntimeError, ValueError) as error:
            reason = str(error).rpartition("rendezvous: ")[2]
            raise UsageError(
                f"WORLD_SIZE is {count}, but the processes don't find each other ({reason}); "
                "start several processes by torchrun"
            ) from error
        return cls.meeting(store, rank, size)

    @classmethod
    def meeting(cls, store: Store, rank: int, count: int) -> Ranks:
        """Processes that know of the same store; returns once all of them are there.

        Raises:
            UsageError: they can't find each other.
        """
        ranks = cls()
        if count == 1:
            return ranks
        leave()  # torch has one link at a time
        gpus, here = torch.cuda.device_count(), _count_here(count)
        if 0 < gpus < here:
            log.warning("%d processes share %d GPUs of this machine; one for each is faster", here, gpus)
        backend = "cpu:gloo,cuda:nccl" if dist.is_nccl_available() and gpus >= here else "gloo"
        try:
            dist.init_process_group(backend, timeout=_PATIENCE, store=store, rank=rank, world_size=count)
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"process {rank} of {count} doesn't find the others: {error}") from error
        ranks.rank, ranks.count, ranks._board = rank, count, PrefixStore("board", store)
        return ranks

    @property
    def leads(self) -> bool:
        """Whether this is the first process: the one that tests, logs, and writes files."""
        return self.rank == 0

    @property
    def device(self) -> torch.device | None:
        """The GPU that is this process's share of its machine; None where it is alone or there is none."""
        gpus = torch.cuda.device_count()
        if self.count == 1 or not gpus:
            return None
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", self.rank)) % gpus)

    def wait(self) -> None:
        """Return once all processes have come here."""
        self.union(0)

    def note(self, what: str) -> int:
        """Leave a note for the others, who need not do the same; how many have left this one by now."""
        try:
            return 1 if self._board is None else int(self._board.add(what, 1))
        except RuntimeError:  # the process that keeps the notes has ended
            return 1

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor]) -> None:
        """Let each tensor become its mean over all processes, the same bits in each of them."""
        for alike in self._by_kind(tensors):
            flat = torch.cat([tensor.reshape(-1) for tensor in alike])
            with _others():
                dist.all_reduce(flat)
            flat /= self.count
            _scatter(flat, alike)

    @torch.no_grad()
    def spread(self, tensors: Sequence[Tensor]) -> None:
        """Let each tensor become what it is in the first process."""
        for alike in self._by_kind(tensors):
            flat = torch.cat([tensor.reshape(-1) for tensor in alike])
            with _others():
                dist.broadcast(flat, 0)
            _scatter(flat, alike)

    def agree(self, value: T) -> T:
        """What the first process has as ``value``."""
        return self.first(lambda: value)

    def first(self, call: Callable[[], T]) -> T:
        """What ``call`` gives in the first process; the others wait for it and don't call."""
        if self.count == 1:
            return call()
        box = [call() if self.leads else None]
        with _others():
            dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        return box[0]  # type: ignore[return-value]  # sent by the first

    def gather(self, value: T) -> list[T]:
        """The ``value`` of every process, by rank, in the first one; the others get their own alone."""
        if self.count == 1:
            return [value]
        found: list[T] | None = [value] * self.count if self.leads else None
        with _others():
            dist.gather_object(value, found)
        return found or [value]

    def union(self, flags: int) -> int:
        """The bits that any process has set in ``flags``, of at most 8."""
        if self.count == 1:
            return flags
        bits = torch.tensor([flags >> bit & 1 for bit in range(8)])
        with _others():
            dist.all_reduce(bits, dist.ReduceOp.MAX)
        return sum(int(value) << bit for bit, value in enumerate(bits.tolist()))

    def _by_kind(self, tensors: Iterable[Tensor]) -> list[list[Tensor]]:
        """Tensors that can travel together; none where there is nobody to travel to."""
        kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
        for tensor in tensors if self.count > 1 else ():
            kinds.setdefault((tensor.device, tensor.dtype), []).append(tensor)
        return list(kinds.values())


@atexit.register
def leave() -> None:
    """End the link to other processes, if there is one."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def _count_here(count: int) -> int:
    """How many of so many processes this machine has."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", count))


def _scatter(flat: Tensor, tensors: Sequence[Tensor]) -> None:
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    shaped = [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
    torch._foreach_copy_(list(tensors), shaped)


@contextmanager
def _others() -> Iterator[None]:
    """Speaks to the other processes; one of them may be gone."""
    try:
        yield
    except RuntimeError as error:
        reason = re.sub(r"^\[\S+\] ", "", str(error).partition(". ")[0])  # without torch's place in its code
        raise Deserted(
            "another of the processes that train together has ended; its own message says why, "
            f"and where there is none it was killed ({reason})"
        ) from error
