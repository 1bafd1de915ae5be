"""The files of a sharded run's history: read by rows, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from layerzoo.errors import SnapshotError
from layerzoo.reader.sandbox import VARIABLE
from layerzoo.snapshot.shards import StoredShards, is_shard, shard_name

WHOLE = torch.arange(21.0).view(7, 3)


def _write(path: Path, tensors: dict[str, torch.Tensor], places: Any) -> Path:
    text = places if isinstance(places, str) else json.dumps(places)
    save_file(tensors, path, {"DCP_SHARDING_INFO": text})
    return path


def _files(folder: Path, *ranges: tuple[int, int], first: int | None = None) -> list[Path]:
    """A file for each range of rows, in which ``first`` may say that it begins elsewhere."""
    files = []
    for number, (start, stop) in enumerate(ranges):
        place = {"w": {"saved_offsets": [start if first is None or number else first, 0]}}
        files.append(_write(folder / f"{number}.safetensors", {"w": WHOLE[start:stop].clone()}, place))
    return files


@pytest.fixture(params=["", "1"], ids=["here", "sandbox"])
def anywhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, and in the sandbox."""
    monkeypatch.setenv(VARIABLE, request.param)


@pytest.mark.usefixtures("anywhere")
def test_shards_are_read_by_rows(tmp_path: Path) -> None:
    with StoredShards(_files(tmp_path, (4, 7), (0, 4), (7, 7))) as stored:
        assert stored.shapes == {"w": (7, 3)}
        assert torch.equal(stored.read("w"), WHOLE)
        for start, stop in ((0, 2), (2, 6), (4, 7), (3, 3), (7, 7)):
            assert torch.equal(stored.read("w", range(start, stop)), WHOLE[start:stop])


@pytest.mark.usefixtures("anywhere")
def test_shards_keep_the_type_of_their_numbers(tmp_path: Path) -> None:
    rows = WHOLE.to(torch.bfloat16)
    file = _write(tmp_path / "a", {"w": rows}, {"w": {"saved_offsets": [0, 0]}})
    with StoredShards([file]) as stored:
        assert torch.equal(stored.read("w", range(5, 7)), rows[5:])


@pytest.mark.parametrize(
    ("ranges", "first"),
    [
        (((0, 3), (4, 7)), None),
        (((0, 4), (3, 7)), None),
        (((1, 7),), None),
        (((0, 7), (0, 7)), None),
        (((0, 4), (4, 7)), 1),
        (((0, 4), (4, 7)), 1 << 61),
    ],
)
def test_shards_that_are_not_each_row_once_are_refused(
    tmp_path: Path, ranges: tuple[tuple[int, int], ...], first: int | None
) -> None:
    with pytest.raises(SnapshotError, match="doesn't hold each row of w once"):
        StoredShards(_files(tmp_path, *ranges, first=first))


def test_shards_of_other_widths_are_refused(tmp_path: Path) -> None:
    files = _files(tmp_path, (0, 4))
    files.append(_write(tmp_path / "b", {"w": torch.zeros(3, 2)}, {"w": {"saved_offsets": [4, 0]}}))
    with pytest.raises(SnapshotError, match="doesn't hold each row of w once"):
        StoredShards(files)


def test_shards_of_two_types_are_refused(tmp_path: Path) -> None:
    files = _files(tmp_path, (0, 4))
    files.append(_write(tmp_path / "b", {"w": WHOLE[4:].double()}, {"w": {"saved_offsets": [4, 0]}}))
    with StoredShards(files) as stored, pytest.raises(SnapshotError, match="numbers of different types"):
        stored.read("w")


@pytest.mark.parametrize(
    "places",
    [
        "",
        "[" * 5000,
        {},
        [],
        {"w": []},
        {"w": {"saved_offsets": [0]}},
        {"w": {"saved_offsets": [0, 1]}},
        {"w": {"saved_offsets": [-1, 0]}},
        {"w": {"saved_offsets": [0.0, 0]}},
        {"w": {"saved_offsets": [True, 0]}},
        {"w": {"saved_offsets": [1 << 62, 0]}},
        {"w": {"saved_offsets": "00"}},
    ],
)
def test_shards_without_places_are_refused(tmp_path: Path, places: Any) -> None:
    file = _write(tmp_path / "a", {"w": WHOLE}, places)
    with pytest.raises(SnapshotError, match="doesn't say which rows of w it holds"):
        StoredShards([file])


def test_shards_need_an_axis(tmp_path: Path) -> None:
    file = _write(tmp_path / "a", {"w": torch.tensor(1.0)}, {"w": {"saved_offsets": []}})
    with pytest.raises(SnapshotError, match="doesn't say which rows"):
        StoredShards([file])


@pytest.mark.usefixtures("anywhere")
def test_shards_that_are_no_tensors_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(SnapshotError, match="a: "):
        StoredShards([tmp_path / "a"])


def test_names_of_shards() -> None:
    assert shard_name(0) == "history/shard-00001-model-00001-of-00001.safetensors"
    assert is_shard(shard_name(11))
    assert not is_shard("history/../../shard-00001-model-00001-of-00001.safetensors")
    assert not is_shard("history/.metadata")
