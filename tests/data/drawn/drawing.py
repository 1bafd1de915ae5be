"""Draw samples of a task as a config gives it."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import text_format
from numpy.typing import NDArray

from layerzoo.data.drawn_samples import samples_of
from layerzoo.schema import TEST, LayerParameter


def message(task: str, fields: str = "", phase: int = TEST) -> LayerParameter:
    """The message of a DrawnData layer."""
    inside = f'drawn_data_param {{ task: "{task}" batch_size: 4 {fields} }}'
    return text_format.Parse(f'name: "d" type: "DrawnData" {inside}', LayerParameter(phase=phase))


def drawn(task: str, fields: str = "", count: int = 200) -> list[NDArray[Any]]:
    """The tops of the first samples of the part TEST."""
    numbers = np.arange(count)
    return list(samples_of(message(task, fields)).read(numbers, numbers, 0))
