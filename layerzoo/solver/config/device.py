"""Choice of a solver's device, and deterministic algorithms."""

from __future__ import annotations

import logging
import os

import torch

from layerzoo.errors import UsageError
from layerzoo.schema import SolverParameter

log = logging.getLogger("layerzoo")


def be_deterministic() -> None:
    """Restrict torch to deterministic algorithms, for the whole process.

    Those of the CPU are deterministic anyway, for a fixed number of threads; on a GPU some operations become
    slower. An operation that has none raises when it runs. Call this before anything runs on a GPU.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # torch's
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def choose_device(
    param: SolverParameter,
    asked: str | torch.device | None = None,
    own: torch.device | None = None,
    quiet: bool = False,
) -> torch.device:
    """The requested device, else the one of ``solver_mode`` and ``device_id``.

    Each of several processes uses its ``own`` GPU in place of ``device_id``.

    Without the GPU that the config names, the CPU is used, with a warning unless ``quiet``. A missing GPU
    that ``asked`` names is an error.

    Raises:
        UsageError: ``asked`` names a GPU that does not exist.
    """
    if asked is not None:
        device = torch.device(asked)
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise UsageError(f"no GPU {device.index or 0}: torch sees {torch.cuda.device_count()} GPUs")
        return device
    if param.solver_mode == SolverParameter.CPU:
        return torch.device("cpu")
    if own is not None:
        return own
    if param.device_id < torch.cuda.device_count():
        return torch.device("cuda", param.device_id)
    if not quiet:
        log.warning("solver_mode is GPU but torch sees no GPU %d: running on the CPU", param.device_id)
    return torch.device("cpu")
