"""The processes that train one net together, each on its share of the data."""

from __future__ import annotations

import atexit
import logging
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import (  # type: ignore[attr-defined]  # its exports are not marked
    PrefixStore,
    Store,
    rendezvous,
)

from layerzoo import connections, gloo_threads
from layerzoo.errors import LayerzooError, UsageError

log = logging.getLogger("layerzoo")

T = TypeVar("T")

_START_TIMEOUT = timedelta(minutes=10)
"""The timeout for all processes to connect at the start."""
_TIMEOUT = timedelta(hours=6)
"""The timeout of a collective call; a lost process ends the call earlier, a busy one (testing) doesn't."""
_OWN_CALL_BYTES = 1 << 18
"""Tensors of at least this size are sent in place, one call each; smaller ones are packed."""

_GLOO = re.compile(r"gloo/|Connection (closed|reset) by peer")
"""Matches the messages of gloo's errors, which have no class of their own."""


ATTEMPT: Final = "LAYERZOO_ATTEMPT"
"""The environment variable that numbers the starts of a run, from 0."""

_connected: list[int] = []
"""The numbers that this process has had among others."""
_peers: list[connections.Peer] = []
"""The processes by number, if they run on several machines."""
_waited = [0.0]
"""Seconds that this process has spent in collective calls."""


class PeerLostError(LayerzooError):
    """Another process of the training has ended."""


class Ranks:
    """The rank of this process among those that train a net together, and their collective calls.

    All processes must make the same calls in the same order. In a single process, the default, the calls have
    no effect. Source: Caffe's ``NCCL``; here torch's ``distributed``, with NCCL between GPUs and gloo between
    CPUs.

    Attributes:
        rank: this process's number, from 0.
        count: number of processes.
    """

    def __init__(self) -> None:
        self.rank = 0
        self.count = 1
        self._counters: Store | None = None

    @classmethod
    def from_environment(cls) -> Ranks:
        """Connect to the processes that were started with this one; without any, a single process.

        Raises:
            UsageError: they can't connect.
        """
        count = os.environ.get("WORLD_SIZE", "1")
        if count == "1":
            return cls()
        if os.environ.get("RANK") == "0":
            address = ":".join(os.environ.get(f"MASTER_{part}", "?") for part in ("ADDR", "PORT"))
            log.info("Training in %s processes, connected by %s", count, address)
        try:
            store, rank, size = next(rendezvous("env://", timeout=_START_TIMEOUT))
        except (RuntimeError, ValueError) as error:
            reason = str(error).rpartition("rendezvous: ")[2]
            raise UsageError(
                f"WORLD_SIZE is {count}, but the processes can't connect ({reason}); "
                "start several processes by layerzoo train -processes N or by torchrun"
            ) from error
        attempt = os.environ.get(ATTEMPT, "0")  # a restarted run has the store of the one before
        return cls.connect(PrefixStore(f"attempt {attempt}", store), rank, size)

    @classmethod
    def connect(cls, store: Store, rank: int, count: int) -> Ranks:
        """Connect to the processes that share a store; returns when all of them have connected.

        Raises:
            UsageError: they can't connect.
        """
        ranks = cls()
        if count == 1:
            return ranks
        disconnect()  # torch has one default group at a time
        gpus, here = torch.cuda.device_count(), _local_count(count)
        if 0 < gpus < here:
            log.warning("%d processes share the %d GPUs of this machine; one per GPU is faster", here, gpus)
        backend = "cpu:gloo,cuda:nccl" if dist.is_nccl_available() and gpus >= here else "gloo"
        several = here < count
        if several:
            _choose_interface()
        try:
            dist.init_process_group(backend, timeout=_TIMEOUT, store=store, rank=rank, world_size=count)
        except (RuntimeError, ValueError) as error:
            raise UsageError(f"process {rank} of {count} can't connect to the others: {error}") from error
        _connected.append(rank)
        ranks.rank, ranks.count, ranks._counters = rank, count, PrefixStore("counters", store)
        with suppress(RuntimeError):
            ranks._counters.set(f"machine {rank}", socket.gethostname())
        if several:
            _meet(count)
        return ranks

    @property
    def is_main(self) -> bool:
        """Whether this is the main process, rank 0: it tests, logs and writes files."""
        return self.rank == 0

    @property
    def device(self) -> torch.device | None:
        """This process's GPU; None in a single process or without GPUs."""
        gpus = torch.cuda.device_count()
        return None if self.count == 1 or not gpus else torch.device("cuda", self.local_rank % gpus)

    @property
    def local_rank(self) -> int:
        """This process's number among those of its machine, from 0."""
        return 0 if self.count == 1 else int(os.environ.get("LOCAL_RANK", self.rank))

    def barrier(self) -> None:
        """Wait until all processes have called this."""
        self.bitwise_or(0)

    def increment(self, counter: str) -> int:
        """Add one to a shared counter; not a collective call.

        Returns:
            its new value; 1 in a single process, or if the process that holds the counters has ended.
        """
        try:
            return 1 if self._counters is None else int(self._counters.add(counter, 1))
        except RuntimeError:
            return 1

    def machine(self, rank: int) -> str:
        """The name of the machine of a process; "unknown" if the process that holds the names has ended."""
        if self._counters is None:
            return socket.gethostname()
        try:
            return bytes(self._counters.get(f"machine {rank}")).decode()
        except RuntimeError:
            return "unknown"

    @property
    def waited(self) -> float:
        """Seconds that this process has waited for others, in collective calls or by `add_waited`."""
        return _waited[0]

    def table(self, numbers: Sequence[float]) -> list[list[float]]:
        """The numbers of every process, by rank, in each of them."""
        if self.count == 1:
            return [list(numbers)]
        rows = torch.zeros(self.count, len(numbers), dtype=torch.float64)
        rows[self.rank] = torch.tensor(numbers, dtype=torch.float64)
        with peer_errors():
            dist.all_reduce(rows)
        return [[float(value) for value in row] for row in rows.tolist()]

    @torch.no_grad()
    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over all processes, with the same bits in each of them."""
        if self.count == 1:
            return
        packed = _pack(tensors)
        with peer_errors():
            calls = [dist.all_reduce(flat, async_op=True) for flat, _ in packed]
            for call in calls:
                call.wait()
        for alike in _by_kind(flat for flat, _ in packed):
            torch._foreach_div_(alike, self.count)
        _unpack(packed)

    @torch.no_grad()
    def shared_count(self, count: Tensor) -> Tensor:
        """The sum of a count over all processes, at least 1, divided by the number of processes.

        If every process divides its own sum over samples by it, the mean of the results over the processes is
        the sum over all samples divided by the count of all samples.
        """
        total = count.detach().clone()
        with peer_errors():
            dist.all_reduce(total)
        return total.clamp(min=1) / self.count

    @torch.no_grad()
    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its value in the main process."""
        if self.count == 1:
            return
        packed = _pack(tensors)
        with peer_errors():
            for flat, _ in packed:
                dist.broadcast(flat, 0)
        _unpack(packed)

    def from_main(self, value: T) -> T:
        """The ``value`` of the main process, in every process."""
        return self.on_main(lambda: value)

    def on_main(self, call: Callable[[], T]) -> T:
        """Call a function in the main process only; every process waits and gets its result."""
        if self.count == 1:
            return call()
        box = [call() if self.is_main else None]
        with peer_errors():
            dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        return box[0]  # type: ignore[return-value]  # sent by the main process

    def gather(self, value: T) -> list[T]:
        """The ``value`` of every process, by rank, in the main process; the others get only their own."""
        if self.count == 1:
            return [value]
        values: list[T] | None = [value] * self.count if self.is_main else None
        with peer_errors():
            dist.gather_object(value, values)
        return values or [value]

    def bitwise_or(self, flags: int) -> int:
        """The bits set in any process's ``flags``, of at most 8 bits."""
        if self.count == 1:
            return flags
        bits = torch.tensor([flags >> bit & 1 for bit in range(8)])
        with peer_errors():
            dist.all_reduce(bits, dist.ReduceOp.MAX)
        return sum(int(value) << bit for bit, value in enumerate(bits.tolist()))


def joint_sum(value: Tensor) -> Tensor:
    """The sum of a tensor over all processes, which call this together, with its derivatives.

    The gradient of a process's tensor is the sum of the gradients that all processes have for the sum. The
    backward pass, and that of its gradient, are collective calls too.
    """
    total: Tensor = _JointSum.apply(value)  # type: ignore[no-untyped-call]  # torch's
    return total


class _JointSum(torch.autograd.Function):
    """The sum; its gradient is such a sum again."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.detach().clone(memory_format=torch.contiguous_format)
        with peer_errors():
            dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return joint_sum(gradients[0])


@atexit.register
def disconnect() -> None:
    """Close the connection to the other processes, if there is one."""
    if dist.is_available() and dist.is_initialized():
        gloo_threads.wait_until_idle()
        dist.destroy_process_group()


def leave(code: int) -> None:
    """End this process, if it has been connected to others; a single one goes on.

    Python is not taken down: a thread of gloo's may still be freeing the tensors of the last call. It needs
    Python for that, and aborts the process without it.

    Args:
        code: the exit code.
    """
    if not _connected:
        return
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def add_waited(seconds: float) -> None:
    """Count time in which this process has waited for others outside the calls of `Ranks`."""
    _waited[0] += seconds


@contextmanager
def peer_errors(among_others: bool = False) -> Iterator[None]:
    """Turn torch's error of a failed collective call into `PeerLostError`.

    Args:
        among_others: the block also runs other code, whose errors are not changed, and whose time is not
            counted as waiting.
    """
    began = time.perf_counter()
    try:
        yield
        if not among_others:
            add_waited(time.perf_counter() - began)
    except RuntimeError as error:
        if among_others and not (isinstance(error, dist.DistError) or _GLOO.search(str(error))):
            raise
        reason = re.sub(r"^\[\S+\] ", "", str(error).partition(". ")[0])  # without torch's position
        if (lost := connections.lost_connection(str(error), _peers)) is not None:
            raise PeerLostError(lost) from error
        raise PeerLostError(
            "another of the processes has ended; its own message says why, "
            f"and if there is none it was killed ({reason})"
        ) from error


def _choose_interface() -> None:
    """Let gloo use the interface that leads to the main process, if the name of this machine hides it."""
    if "GLOO_SOCKET_IFNAME" in os.environ or not connections.hides_itself():
        return
    address = connections.own_address(os.environ.get("MASTER_ADDR", ""))
    name = None if address is None else connections.interface(address)
    if name is not None:
        os.environ["GLOO_SOCKET_IFNAME"] = name


def _meet(count: int) -> None:
    """Tell each other where the processes run, and notice a machine that is gone."""
    own = (socket.gethostname(), connections.own_addresses())
    found = [own] * count
    with peer_errors():
        dist.all_gather_object(found, own)
    _peers[:] = [connections.Peer(*each) for each in found]
    connections.keep_alive()


def _local_count(count: int) -> int:
    """The number of the ``count`` processes that run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", count))


def _by_kind(tensors: Iterable[Tensor]) -> list[list[Tensor]]:
    """Tensors grouped by device and type."""
    kinds: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for tensor in tensors:
        kinds.setdefault((tensor.device, tensor.dtype), []).append(tensor)
    return list(kinds.values())


def _pack(tensors: Iterable[Tensor]) -> list[tuple[Tensor, list[Tensor]]]:
    """Contiguous tensors to send, each with the small tensors packed in it; a large one is not copied."""
    packed: list[tuple[Tensor, list[Tensor]]] = []
    for alike in _by_kind(tensors):
        large = [t for t in alike if t.nbytes >= _OWN_CALL_BYTES and t.is_contiguous()]
        packed += [(tensor, []) for tensor in large]
        if small := [t for t in alike if t.nbytes < _OWN_CALL_BYTES or not t.is_contiguous()]:
            packed.append((torch.cat([tensor.reshape(-1) for tensor in small]), small))
    return packed


def _unpack(packed: Sequence[tuple[Tensor, list[Tensor]]]) -> None:
    """Copy the received values back into the packed tensors."""
    for flat, tensors in packed:
        if not tensors:
            continue
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        shaped = [part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]
        torch._foreach_copy_(tensors, shaped)
