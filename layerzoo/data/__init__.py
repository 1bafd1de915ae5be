"""Data loading: sources of samples, their order, image transforms and prefetching.

The samples of batch k, and how each is cropped and mirrored, are functions of (seed, layer name, k) alone, so
resuming a run needs no saved state. Names are imported on first use: a process that reads HDF5 in the
sandbox needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerzoo.data.batches import Reading
    from layerzoo.data.data_layer import DataLayer
    from layerzoo.data.datum import write_datums
    from layerzoo.data.transform import Pipeline

__all__ = ["DataLayer", "Pipeline", "Reading", "write_datums"]

_HOMES = {
    "DataLayer": "data_layer",
    "Pipeline": "transform",
    "Reading": "batches",
    "write_datums": "datum",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'layerzoo.data' has no attribute '{name}'")
    return getattr(import_module(f"layerzoo.data.{_HOMES[name]}"), name)
