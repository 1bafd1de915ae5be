"""What Caffe keeps for the whole process: CPU or GPU, the seed, the rank among several solvers, the log."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from functools import partial

import torch

from layerzoo import log as glog
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

# a forked child has none of the threads that its parent's arithmetic used, and would wait for them for ever
os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


def set_mode_cpu() -> None:
    """Run on the CPU from now on."""
    _state.gpu = False


def set_mode_gpu() -> None:
    """Run on the GPU from now on; without one, on the CPU with a warning."""
    if not torch.cuda.is_available():
        _log.warning("set_mode_gpu: torch sees no GPU; running on the CPU")
        return
    _state.gpu = True


def set_device(index: int) -> None:
    """Choose the GPU that ``set_mode_gpu`` means."""
    if torch.cuda.is_available() and not 0 <= index < torch.cuda.device_count():
        raise RuntimeError(f"no GPU {index}: torch sees {torch.cuda.device_count()} of them")
    _state.device = index


def device() -> torch.device:
    """Where nets run now."""
    return torch.device("cuda", _state.device) if _state.gpu else torch.device("cpu")


def set_random_seed(seed: int) -> None:
    """Let fillers, dropout and the order of data of nets that are built from now on follow from a seed."""
    _state.seed, _state.nets = seed, 0


def next_seed() -> int:
    """The seed of the next net: what `set_random_seed` leads to, else a fresh one."""
    if _state.seed is None:
        return fresh_seed()
    _state.nets += 1
    return (_state.seed + _state.nets - 1) % 2**31


def seed_is_set() -> bool:
    """Whether `set_random_seed` has been called."""
    return _state.seed is not None


def solver_count() -> int:
    """How many solvers train together."""
    return _state.solver_count


def set_solver_count(count: int) -> None:
    """Say how many solvers train together."""
    _state.solver_count = count


def solver_rank() -> int:
    """This process's number among them."""
    return _state.solver_rank


def set_solver_rank(rank: int) -> None:
    """Say which of the solvers this process is."""
    _state.solver_rank = rank


def set_multiprocess(value: bool) -> None:
    """Say that the solvers are processes."""
    _state.multiprocess = value


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Show log lines on stderr.

    Args:
        level: 0 all, 1 warnings, 2 errors, 3 nothing but what ends the process.
        stderr: without it errors alone, as in Caffe, whose other lines go to files then.
    """
    glog.to_stderr()
    levels = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
    glog.LOGGER.setLevel(levels[max(0 if stderr else 2, min(level, 3))])


def log(message: str) -> None:
    """Write a line to the log."""
    _log.info("%s", message)


def layer_type_list() -> StringVec:
    """All layer types, sorted."""
    return StringVec(LAYERS)
