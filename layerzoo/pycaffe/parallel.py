"""``caffe.NCCL`` and ``caffe.Timer``."""

from __future__ import annotations

import time
from typing import Any

import torch

_INSTEAD = "several GPUs are layerzoo train's business: layerzoo train -solver … -gpu all"


def has_nccl() -> bool:
    """Whether scripts can train on several GPUs through this interface: no."""
    return False


class NCCL:
    """Caffe's link between solvers on several GPUs, which this interface doesn't have.

    Raises:
        RuntimeError: always; it says what to do instead.
    """

    def __init__(self, solver: Any, uid: str) -> None:
        raise RuntimeError(f"NCCL is not available through the Python interface; {_INSTEAD}")

    @staticmethod
    def new_uid() -> str:
        """Refused, as the class is."""
        raise RuntimeError(f"NCCL is not available through the Python interface; {_INSTEAD}")


class Timer:
    """Measures the time between ``start`` and ``stop``, what runs on a GPU included."""

    def __init__(self) -> None:
        self._started = self._seconds = 0.0
        self._running = False

    def start(self) -> None:
        """Begin."""
        self._started, self._running = _now(), True

    def stop(self) -> None:
        """End."""
        if self._running:
            self._seconds, self._running = _now() - self._started, False

    @property
    def ms(self) -> float:
        """Milliseconds between the two; up to now while it runs."""
        self.stop()
        return self._seconds * 1000


def _now() -> float:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
