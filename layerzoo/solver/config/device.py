"""Where a solver runs."""

from __future__ import annotations

import logging
import os

import torch

from layerzoo.errors import UsageError
from layerzoo.schema import SolverParameter

log = logging.getLogger("layerzoo")


def be_deterministic() -> None:
    """Let torch take only algorithms that give the same bits each time, for the whole process.

    The CPU's do anyway, for one number of threads; on a GPU some operations become slower. One that has no
    such algorithm raises when it is reached. To be called before anything runs on a GPU.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # torch's
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def choose_device(
    param: SolverParameter, asked: str | torch.device | None = None, own: torch.device | None = None
) -> torch.device:
    """The device asked for, else what ``solver_mode`` and ``device_id`` say.

    Of several processes each takes its ``own`` GPU for ``device_id``.

    A GPU that isn't there falls to the CPU with a warning where the config asks for it, and is an error where
    the user does.

    Raises:
        UsageError: ``asked`` names a GPU that isn't there.
    """
    if asked is not None:
        device = torch.device(asked)
        if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
            raise UsageError(f"no GPU {device.index or 0}: torch sees {torch.cuda.device_count()} of them")
        return device
    if param.solver_mode == SolverParameter.CPU:
        return torch.device("cpu")
    if own is not None:
        return own
    if param.device_id < torch.cuda.device_count():
        return torch.device("cuda", param.device_id)
    log.warning("solver_mode is GPU but torch sees no GPU %d: running on the CPU", param.device_id)
    return torch.device("cpu")
