"""Process-wide settings of Caffe's interface: device, seed, number and rank of solvers, log."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import partial

import torch

from layerzoo import log as glog
from layerzoo.engine.precision.layer_precision import allow_tf32
from layerzoo.host import StringVec
from layerzoo.layer import LAYERS
from layerzoo.seeds import fresh_seed

_log = logging.getLogger("layerzoo")


@dataclass
class _State:
    gpu: bool = False
    device: int = 0
    seed: int | None = None
    nets: int = 0
    solver_count: int = 1
    solver_rank: int = 0
    multiprocess: bool = False
    logs: bool = False


_state = _State()

# a forked child lacks the parent's worker threads and would wait for them forever
os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


def set_mode_cpu() -> None:
    """Select the CPU for all nets of this process."""
    _state.gpu = False


def set_mode_gpu() -> None:
    """Select the GPU for all nets of this process; without a GPU, stay on the CPU with a warning.

    Products are FP32, as Caffe's are, not TF32.
    """
    if not torch.cuda.is_available():
        _log.warning("set_mode_gpu: torch sees no GPU; running on the CPU")
        return
    allow_tf32(False)
    _state.gpu = True


def set_device(index: int) -> None:
    """Select the GPU that ``set_mode_gpu`` uses.

    Raises:
        RuntimeError: torch has no GPU of that index.
    """
    if torch.cuda.is_available() and not 0 <= index < torch.cuda.device_count():
        raise RuntimeError(f"no GPU {index}: torch sees {torch.cuda.device_count()} GPUs")
    _state.device = index


def device() -> torch.device:
    """Return the device that nets run on."""
    return torch.device("cuda", _state.device) if _state.gpu else torch.device("cpu")


def set_random_seed(seed: int) -> None:
    """Set the seed of fillers, dropout and data order for nets built from now on."""
    _state.seed, _state.nets = seed, 0


def next_seed() -> int:
    """Return the next net's seed: derived from `set_random_seed`, else a new random one."""
    if _state.seed is None:
        return fresh_seed()
    _state.nets += 1
    return (_state.seed + _state.nets - 1) % 2**31


def seed_is_set() -> bool:
    """Whether `set_random_seed` has been called."""
    return _state.seed is not None


def solver_count() -> int:
    """Return the number of solvers that train together."""
    return _state.solver_count


def set_solver_count(count: int) -> None:
    """Set the number of solvers that train together."""
    _state.solver_count = count


def solver_rank() -> int:
    """Return this process's rank among the solvers."""
    return _state.solver_rank


def set_solver_rank(rank: int) -> None:
    """Set this process's rank among the solvers."""
    _state.solver_rank = rank


def set_multiprocess(value: bool) -> None:
    """Set whether the solvers run in separate processes."""
    _state.multiprocess = value


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Write log lines to stderr.

    Args:
        level: lowest level to write: 0 info, 1 warnings, 2 errors, 3 fatal errors.
        stderr: False writes only errors; Caffe writes the other lines to files then.
    """
    glog.to_stderr()
    levels = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
    glog.LOGGER.setLevel(levels[max(0 if stderr else 2, min(level, 3))])


def log(message: str) -> None:
    """Write a line to the log."""
    _log.info(message)


def layer_type_list() -> StringVec:
    """Return all layer types, sorted."""
    return StringVec(LAYERS)
