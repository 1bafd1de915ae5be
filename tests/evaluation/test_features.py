"""Feature files."""

from __future__ import annotations

from pathlib import Path

import h5py
import lmdb
import numpy as np
import pytest

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.evaluation.features import open_features
from layerzoo.schema import Datum

FIRST = {"ip": np.arange(6, dtype=np.float32).reshape(3, 2), "label": np.array([1, 2, 3], np.float32)}
SECOND = {"ip": np.full((2, 2), 9, np.float32), "label": np.array([4, 5], np.float32)}
WHOLE = {name: np.concatenate([FIRST[name], SECOND[name]]) for name in FIRST}


def written(path: Path, kind: str = "") -> Path:
    with open_features(path, FIRST, kind) as file:
        file.add(FIRST)
        file.add(SECOND)
    return path


def test_hdf5_and_npz_hold_an_array_per_blob(tmp_path: Path) -> None:
    with h5py.File(written(tmp_path / "f.h5")) as file:
        for name, values in WHOLE.items():
            np.testing.assert_array_equal(file[name], values)
    stored = np.load(written(tmp_path / "f.bin", "npz"))
    for name, values in WHOLE.items():
        np.testing.assert_array_equal(stored[name], values)


def test_lmdb_holds_datums(tmp_path: Path) -> None:
    with open_features(tmp_path / "f.lmdb", ["ip"]) as file:
        file.add({"ip": FIRST["ip"]})
        file.add({"ip": SECOND["ip"]})
    with (
        lmdb.open(str(tmp_path / "f.lmdb"), readonly=True, lock=False) as environment,
        environment.begin() as t,
    ):
        stored = [(key, Datum.FromString(value)) for key, value in t.cursor()]
    assert [key for key, _ in stored] == [b"%010d" % i for i in range(5)]
    assert [list(datum.float_data) for _, datum in stored] == WHOLE["ip"].tolist()
    assert (stored[0][1].channels, stored[0][1].height, stored[0][1].width) == (2, 1, 1)
    with pytest.raises(UsageError, match="an LMDB holds one blob, received 2"):
        open_features(tmp_path / "g.lmdb", FIRST)


def test_files_are_not_overwritten_or_left_incomplete(tmp_path: Path) -> None:
    path = written(tmp_path / "f.h5")
    with pytest.raises(LayerzooError, match="already exists"):
        open_features(path, FIRST)
    with pytest.raises(UsageError, match="unknown format"):
        open_features(tmp_path / "f.xyz", FIRST)
    file = open_features(tmp_path / "g.npz", FIRST)
    file.add(FIRST)
    file.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [path.name for path in tmp_path.iterdir()] == ["f.h5"]
