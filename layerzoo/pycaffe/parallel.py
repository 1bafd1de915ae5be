"""``caffe.NCCL`` and ``caffe.Timer``."""

from __future__ import annotations

import secrets
import socket
import time

import torch
import torch.distributed
from torch.distributed import (  # type: ignore[attr-defined]  # its exports are not marked
    PrefixStore,
    Store,
    TCPStore,
)

from layerzoo.errors import UsageError
from layerzoo.pycaffe import state
from layerzoo.pycaffe.solver import Solver
from layerzoo.ranks import Ranks
from layerzoo.schema import SolverParameter

_UID_BYTES = 128
_LOCAL = "127.0.0.1"
_OWN_WAYS = ("early_stopping_param", "max_epoch", "test_epoch", "max_time")
_hosted: dict[bytes, Store] = {}
"""Stores opened by this process, by uid; they stay open until it ends."""


def has_nccl() -> bool:
    """Whether `NCCL` works: whether torch was built with ``distributed``."""
    return torch.distributed.is_available()


class NCCL:
    """Synchronises solvers in several processes, one GPU or CPU each.

    ::

        uid = caffe.NCCL.new_uid()                  # once, before the processes start

        caffe.set_solver_count(2)                   # in each process
        caffe.set_solver_rank(rank)
        caffe.set_multiprocess(True)
        solver = caffe.SGDSolver("solver.prototxt")
        nccl = caffe.NCCL(solver, uid)
        nccl.bcast()
        solver.add_callback(nccl)
        if solver.param.layer_wise_reduce:
            solver.net.after_backward(nccl)
        solver.step(100)

    Each update uses gradients averaged over all processes. The backend is NCCL between GPUs and gloo between
    CPUs. Source: Caffe's ``NCCL`` in ``parallel.cpp``.

    Args:
        solver: this process's solver.
        uid: the result of `new_uid`, the same in all processes.

    Raises:
        RuntimeError: ``uid`` is not the result of `new_uid`, or its process can't be reached.
        UsageError: the processes can't connect, or a setting would let each process stop or change its
            learning rate on its own.
    """

    def __init__(self, solver: Solver, uid: bytes | str) -> None:
        self._solver = solver
        self._by_layer = False
        if state.solver_count() > 1:
            _check_length(solver._solver.param)
        self._ranks = Ranks.connect(_store(uid), state.solver_rank(), state.solver_count())
        numbers = solver._solver.random
        numbers.seed = self._ranks.from_main(numbers.seed)

    @staticmethod
    def new_uid() -> bytes:
        """Open an address for the processes to connect to; the calling process must stay alive."""
        store = TCPStore(_LOCAL, 0, is_master=True, wait_for_workers=False)
        place = f"{socket.gethostname()} {store.port} {secrets.token_hex(8)}".encode()
        uid = place.ljust(_UID_BYTES)[:_UID_BYTES]
        _hosted[uid] = store
        return uid

    def bcast(self) -> None:
        """Broadcast the params of the main process."""
        self._solver.net.runner.flush()
        self._ranks.broadcast([param.detach() for param in self._solver.net.net.learnable])

    def on_start(self) -> None:
        """Normalise losses by the count over all processes, until the update."""
        if self._ranks.count > 1:
            self._solver.net.net.clock.shared_count = self._ranks.shared_count

    def on_gradients_ready(self) -> None:
        """Average the gradients before an update, unless `run` has averaged them layer by layer."""
        self._solver.net.net.clock.shared_count = None
        if not self._by_layer:
            self._solver.net.runner.flush()
            params = self._solver.net.net.learnable
            self._ranks.average([param.grad for param in params if param.grad is not None])

    def run(self, layer: int) -> None:
        """Average a layer's gradients after its backward pass; a callback for ``net.after_backward``."""
        self._by_layer = True
        blobs = self._solver.net.runner.layers[layer].blobs
        self._ranks.average([blob.grad for blob in blobs if blob.grad is not None])


def _check_length(param: SolverParameter) -> None:
    """Refuse settings by which each process would stop or change its learning rate on its own."""
    fields = [name for name in _OWN_WAYS if param.HasField(name)]
    if fields or param.lr_policy == "plateau":
        field = fields[0] if fields else "lr_policy 'plateau'"
        raise UsageError(
            f"each solver would apply {field} on its own, so they would diverge; leave it out, "
            "or train with layerzoo train -gpu all"
        )


def _store(uid: bytes | str) -> Store:
    address = uid.encode() if isinstance(uid, str) else bytes(uid)
    words = address.decode("ascii", "replace").split()
    if len(address) != _UID_BYTES or len(words) != 3 or not words[1].isdecimal():
        raise RuntimeError(f"not the uid of NCCL.new_uid(): {address[:20]!r}…")
    host, port, name = words
    host = _LOCAL if host == socket.gethostname() else host
    return PrefixStore(name, TCPStore(host, int(port), is_master=False))


class Timer:
    """Measures the time between ``start`` and ``stop``, including work queued on a GPU."""

    def __init__(self) -> None:
        self._started = self._seconds = 0.0
        self._running = False

    def start(self) -> None:
        """Start measuring."""
        self._started, self._running = _now(), True

    def stop(self) -> None:
        """Stop measuring."""
        if self._running:
            self._seconds, self._running = _now() - self._started, False

    @property
    def ms(self) -> float:
        """Milliseconds between start and stop; stops a running timer."""
        self.stop()
        return self._seconds * 1000


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
