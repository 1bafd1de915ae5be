"""Several processes that train one net together, each on its share of the data."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import Store  # type: ignore[attr-defined]  # its exports are not marked

from layerzoo.errors import LayerzooError, UsageError

T = TypeVar("T")


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

    @classmethod
    def started_together(cls) -> Ranks:
        """The processes that ``torchrun`` started with this one; this one alone where it didn't.

        Raises:
            UsageError: they can't find each other.
        """
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        if "MASTER_ADDR" not in os.environ:
            raise UsageError("WORLD_SIZE is set and MASTER_ADDR is not; start several processes by torchrun")
        return cls._linked("env://", int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))

    @classmethod
    def meeting(cls, store: Store, rank: int, count: int) -> Ranks:
        """Processes that know of the same store; returns once all of them are there.

        Raises:
            UsageError: they can't find each other.
        """
        return cls._linked(store, rank, count)

    @classmethod
    def _linked(cls, where: str | Store, rank: int, count: int) -> Ranks:
        if count == 1:
            return cls()
        leave()  # torch has one link at a time
        backend = "cpu:gloo,cuda:nccl" if _has_gpu_each(count) else "gloo"
        how = {"init_method": where} if isinstance(where, str) else {"store": where}
        try:
            dist.init_process_group(backend, rank=rank, world_size=count, **how)
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"process {rank} of {count} doesn't find the others: {error}") from error
        ranks = cls()
        ranks.rank, ranks.count = rank, count
        return ranks

    @property
    def leads(self) -> bool:
        """Whether this is the first process: the one that tests, logs, and writes files."""
        return self.rank == 0

    @property
    def device(self) -> torch.device | None:
        """The GPU that is this process's share of its machine; None where it has none of its own."""
        if self.count == 1 or not _has_gpu_each(self.count):
            return None
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", self.rank)))

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


def _has_gpu_each(count: int) -> bool:
    here = int(os.environ.get("LOCAL_WORLD_SIZE", count))
    return dist.is_nccl_available() and torch.cuda.device_count() >= here


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
        raise LayerzooError(
            f"another of the processes that train together has ended; its own message says why ({error})"
        ) from error
