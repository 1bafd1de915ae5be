"""Where batches come from: sources of samples, their order, transforms, and reading ahead.

Which samples batch k holds, and how each is cropped and mirrored, are functions of (seed, layer name, k)
alone: nothing needs to be remembered to resume a run.
"""

from layerzoo.data.data_layer import DataLayer, Reading
from layerzoo.data.datum import write_datums
from layerzoo.data.transform import Pipeline

__all__ = ["DataLayer", "Pipeline", "Reading", "write_datums"]
