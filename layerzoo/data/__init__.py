"""Data loading: sources of samples, their order, image transforms and prefetching.

The samples of batch k, and how each is cropped and mirrored, are functions of (seed, layer name, k) alone, so
resuming a run needs no saved state.
"""

from layerzoo.data.data_layer import DataLayer, Reading
from layerzoo.data.datum import write_datums
from layerzoo.data.transform import Pipeline

__all__ = ["DataLayer", "Pipeline", "Reading", "write_datums"]
