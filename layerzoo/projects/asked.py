"""What a user asks of a project beside its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CLASSIFICATION: Final = "classification"
MULTI_LABEL: Final = "multi-label"
REGRESSION: Final = "regression"
DETECTION: Final = "detection"
SEGMENTATION: Final = "segmentation"
SEQUENCE: Final = "sequence"
TASKS: Final = (CLASSIFICATION, MULTI_LABEL, REGRESSION, DETECTION, SEGMENTATION, SEQUENCE)
"""What a net can be trained to do."""


@dataclass(frozen=True)
class Asked:
    """What a user asks for; what is unset follows from the data.

    Attributes:
        model: name of a template, or ``zoo:NAME``; empty: chosen.
        size: side of the images in pixels; 0: chosen.
        batch_size: samples in a batch; 0: chosen.
        epochs: passes through the training data; 0: chosen.
        labels: names of columns to predict, for tables.
        join: a table whose columns are added to the rows with the same key; empty: none.
        key: name of the column of the key in both tables; empty: the only one that both have.
    """

    model: str = ""
    size: int = 0
    batch_size: int = 0
    epochs: int = 0
    labels: Sequence[str] = ()
    join: str = ""
    key: str = ""
