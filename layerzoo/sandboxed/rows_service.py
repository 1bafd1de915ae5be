"""The service that reads rows of HDF5 datasets."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from layerzoo.data.hdf5_rows import opened_datasets
from layerzoo.reader.arrays import packed
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer, Progress, Service


class RowsService(Service):
    """Datasets of an HDF5 file, as float32."""

    calls: ClassVar = ("read", "rows")

    def __init__(self, setup: dict[str, Any], progress: Progress) -> None:
        self._stack = ExitStack()
        self._datasets = self._stack.enter_context(opened_datasets(Path(setup["path"]), setup["names"]))

    def facts(self) -> dict[str, Any]:
        """The shapes of the datasets."""
        return {"shapes": [list(dataset.shape) for dataset in self._datasets]}

    def read(self, question: Message) -> Answer:
        """All values of a dataset."""
        head, values = packed(self._datasets[question.head["index"]].read(np.float32))
        return head, [values]

    def rows(self, question: Message) -> Answer:
        """Some rows of a dataset."""
        rows = np.array(question.head["rows"], np.int64)
        head, values = packed(self._datasets[question.head["index"]].read_rows(rows, np.float32))
        return head, [values]
