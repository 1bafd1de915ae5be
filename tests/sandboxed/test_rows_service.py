"""The service that reads rows of HDF5 datasets, in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from layerzoo.errors import DataError
from layerzoo.reader.arrays import unpacked
from layerzoo.reader.protocol import Message
from layerzoo.reader.serve import Answer
from layerzoo.sandboxed.rows_service import RowsService


def opened(path: Path, *names: str) -> RowsService:
    progress: Any = None
    return RowsService({"path": str(path), "names": list(names)}, progress)


def array(answer: Answer) -> Any:
    return unpacked(answer[0], [memoryview(part) for part in answer[1]])


def test_datasets_and_rows_are_float32(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "d.h5", "w") as file:
        file["data"], file["label"] = np.arange(12).reshape(4, 3), np.arange(4.0)
    service = opened(tmp_path / "d.h5", "data", "label")
    assert service.facts() == {"shapes": [[4, 3], [4]]}
    whole = array(service.read(Message({"index": 0}, [])))
    assert (whole.dtype, whole.tolist()) == (np.float32, np.arange(12).reshape(4, 3).tolist())
    rows = array(service.rows(Message({"index": 0, "rows": [3, 0]}, [])))
    assert rows.tolist() == [[9, 10, 11], [0, 1, 2]]


def test_missing_dataset_is_named(tmp_path: Path) -> None:
    h5py.File(tmp_path / "d.h5", "w").close()
    with pytest.raises(DataError, match="no dataset 'data'"):
        opened(tmp_path / "d.h5", "data")
