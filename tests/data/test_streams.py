"""Streams of batches: one sequence with any number of processes, from any batch on."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image as Pillow

from layerzoo.data import streams, write_datums
from layerzoo.data.data_layer import DataLayer
from layerzoo.data.streams import Stream
from layerzoo.errors import DataError
from layerzoo.layer import LAYERS
from layerzoo.schema import TRAIN, LayerParameter
from tests.data.test_workers import alive, until

Make = Callable[..., DataLayer]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    for index in range(23):
        Pillow.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(tmp_path / f"{index}.png")
    lines = (f"{index}.png {index % 3}\n" for index in range(23))
    (tmp_path / "list.txt").write_text("".join(lines))
    return tmp_path / "list.txt"


@pytest.fixture
def make(pictures: Path) -> Make:
    made = []

    def makes(reading: str = "", kind: str = "ImageData", inside: str = "") -> DataLayer:
        inside = inside or f'image_data_param {{ source: "{pictures}" batch_size: 4 shuffle: true }}'
        text = f'name: "d" type: "{kind}" top: "data" top: "label" {inside} reading_param {{ {reading} }} '
        text += "transform_param { crop_size: 8 mirror: true scale: 0.5 }"
        param = text_format.Merge(text, LayerParameter())
        param.phase = TRAIN
        layer = LAYERS[kind](param)
        assert isinstance(layer, DataLayer)
        layer.clock.seed = 5
        made.append(layer)
        return layer

    yield makes  # type: ignore[misc]  # a fixture
    for layer in made:
        layer.close()


def read(layer: DataLayer, numbers: range) -> list[bytes]:
    seen = []
    for layer.clock.batch in numbers:
        seen.append(b"".join(blob.numpy().tobytes() for blob in layer()))
    return seen


def pids(layer: DataLayer) -> list[int]:
    assert isinstance(layer._stream, Stream)
    return layer._stream.pids


def test_sequence_is_the_same_with_any_number_of_processes(make: Make) -> None:
    alone = read(make("workers: 0"), range(20))
    assert len(set(alone)) == 20
    for count in (1, 2, 4):
        layer = make(f"workers: {count}")
        assert read(layer, range(20)) == alone
        assert len(pids(layer)) == count


@pytest.mark.parametrize(
    "reading", ["", "cache: MEMORY", "sampler: BALANCED", "limit: 9 cache: MEMORY", "on_error: SKIP"]
)
def test_sequence_is_the_same_from_any_batch_on(make: Make, reading: str) -> None:
    alone = read(make(f"{reading} workers: 0"), range(20))
    for first in (3, 11):
        assert read(make(f"{reading} workers: 2"), range(first, 20)) == alone[first:]


def test_cache_does_not_change_the_sequence(make: Make) -> None:
    assert read(make("cache: MEMORY"), range(20)) == read(make(), range(20))


def test_split_of_processes_and_workers_is_one_sequence(make: Make) -> None:
    whole = []
    for number in range(6):
        shares = []
        for rank in range(2):
            layer = make("workers: 1" if number == 0 else "")
            layer.clock.rank, layer.clock.ranks = rank, 2
            layer.clock.batch = number
            shares.append(layer()[1].tolist())
        whole += list(chain.from_iterable(zip(*shares, strict=True)))
    one = make()
    expected = []
    for one.clock.batch in range(12):
        expected += one()[1].tolist()
    assert whole == expected


def test_batches_of_one_policy_of_resizing_are_the_same_in_two_processes(make: Make, pictures: Path) -> None:
    def shares(batch_size: int, ranks: int) -> list[np.ndarray]:
        """The images of 8 summed batches of 4."""
        blobs = []
        for rank in range(ranks):
            inside = (
                f'image_data_param {{ source: "{pictures}" batch_size: {batch_size} }} transform_param {{'
            )
            inside += "resize_param { prob: 0.5 height: 9 width: 9 }"
            layer = make("", inside=inside + "resize_param { prob: 0.5 height: 24 width: 24 } }")
            layer.clock.rank, layer.clock.ranks = rank, ranks
            for layer.clock.batch in range(8):
                blobs.append(layer()[0].numpy())
        return blobs

    whole = np.concatenate(shares(4, 1))
    for batch_size, ranks in ((2, 2), (1, 4)):
        parts = np.reshape(shares(batch_size, ranks), (ranks, 8, batch_size, 3, 8, 8))
        np.testing.assert_array_equal(parts.transpose(1, 2, 0, 3, 4, 5).reshape(whole.shape), whole)


def test_lmdb_is_read_by_processes_too(make: Make, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    write_datums(tmp_path / "db", rng.integers(0, 256, (9, 3, 10, 10), np.uint8), range(9))
    inside = f'data_param {{ source: "{tmp_path / "db"}" backend: LMDB batch_size: 4 }}'
    alone = read(make("workers: 0", "Data", inside), range(9))
    assert read(make("workers: 2", "Data", inside), range(9)) == alone
    assert len(set(alone)) == 9


def test_a_whole_pass_ends_with_a_partial_batch(make: Make) -> None:
    layer = make("workers: 2")
    layer.whole_pass = True
    sizes = []
    for layer.clock.batch in range(8):
        sizes.append(len(layer()[1]))
    assert sizes == [4, 4, 4, 4, 4, 3, 4, 4]


def test_processes_end_with_their_layer(make: Make) -> None:
    layer = make("workers: 2")
    read(layer, range(2))
    ids = pids(layer)
    assert all(map(alive, ids))
    layer.close()
    assert not any(map(alive, ids))
    read(layer, range(2, 4))
    ids = pids(layer)
    layer._stream = None
    gc.collect()
    assert until(lambda: not any(map(alive, ids)))


def test_a_killed_process_is_an_error_that_names_its_samples(make: Make) -> None:
    layer = make("workers: 1")
    read(layer, range(2))
    os.kill(pids(layer)[0], 9)
    with pytest.raises(DataError, match=r"was killed by SIGKILL at batch \d+, which begins with .*\.png"):
        read(layer, range(2, 20))
    assert read(layer, range(2, 9)) == read(make("workers: 0"), range(2, 9)), "it can be used again"


def test_unreadable_samples_are_counted_over_all_processes(
    make: Make, pictures: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for index in (2, 9, 10):
        (pictures.parent / f"{index}.png").write_bytes(b"damaged")
    alone = read(make("on_error: SKIP workers: 0"), range(12))
    assert read(make("on_error: SKIP workers: 0"), range(7, 12)) == alone[7:]
    caplog.clear()
    layer = make("on_error: SKIP workers: 2")
    assert read(layer, range(12)) == alone
    layer.close()
    messages = [record.getMessage() for record in caplog.records]
    assert [
        sum(f"/{index}.png" in text and "skips" in text for text in messages) for index in (2, 9, 10)
    ] == [1, 1, 1]
    assert "3 of 23 samples could not be read" in messages[-1]
    strict = make("on_error: SKIP max_skipped: 2 workers: 2")
    with pytest.raises(DataError, match="3 of 23 samples can't be read, and max_skipped is 2"):
        read(strict, range(12))


def test_processes_are_started_when_the_net_waits(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MEASURED", 0.0)
    monkeypatch.setattr(streams, "_WORTH", 0.0)
    monkeypatch.setattr(streams, "_WORTH_PASSING", 0.0)
    monkeypatch.setattr(streams, "_cores", lambda: 2)
    monkeypatch.setattr(streams, "ceil", lambda wanted: 3)
    layer = make()
    assert read(layer, range(20)) == read(make("workers: 0"), range(20))
    assert len(pids(layer)) == 2
    fixed = make("workers: 0")
    read(fixed, range(6))
    assert not pids(fixed)


def test_processes_are_not_started_for_batches_that_are_faster_read_than_copied(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_MEASURED", "_WORTH", "_WORTH_PASSING"):
        monkeypatch.setattr(streams, name, 0.0)
    monkeypatch.setattr(streams, "_WORTH_PASSING_A_BYTE", 1.0)
    monkeypatch.setattr(streams, "_cores", lambda: 2)
    monkeypatch.setattr(streams, "ceil", lambda wanted: 3)
    layer = make()
    read(layer, range(20))
    assert not pids(layer)


def test_processes_are_not_started_where_the_net_does_not_wait(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_MEASURED", 0.0)
    monkeypatch.setattr(streams, "_WORTH", 2.0)
    layer = make()
    read(layer, range(6))
    assert not pids(layer)


def test_processes_can_be_started_while_others_read(make: Make) -> None:
    busy = [make("workers: 0") for _ in range(3)]
    wanted = read(make("workers: 0"), range(12))
    for number in range(12):
        for layer in busy:
            assert read(layer, range(number, number + 1)) == [wanted[number]]
        fresh = make("workers: 2")
        assert read(fresh, range(3)) == wanted[:3]
        fresh.close()


def test_time_waited_adds_up(make: Make) -> None:
    layer = make("workers: 0")
    assert layer.waited == 0
    begun = time.perf_counter()
    read(layer, range(5))
    first = layer.waited
    assert 0 < first <= time.perf_counter() - begun
    layer.close()
    read(layer, range(5))
    assert layer.waited > first


def test_device_cache_reads_the_same_samples() -> None:
    layers = []
    for cache in ("NONE", "DEVICE"):
        inside = 'name: "digits" split: "test" batch_size: 50'
        text = f'name: "d" dataset_param {{ {inside} }} reading_param {{ cache: {cache} shuffle: true }}'
        layer = LAYERS["Dataset"](text_format.Merge(text, LayerParameter()))
        layers.append(layer)
    for number in range(12):
        made = []
        for layer in layers:
            layer.clock.batch = number
            made.append(layer())
        assert all(torch.equal(a, b) for a, b in zip(*made, strict=True))


def resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def handles(pid: int) -> int:
    """Open files: the fewest of several looks, as the thread that reads ahead may have one open."""

    def look() -> int:
        time.sleep(0.01)
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))

    return min(look() for _ in range(20))


def family() -> list[int]:
    """This process and those that it has started."""
    own = os.getpid()
    children = Path(f"/proc/{own}/task").glob("*/children")
    return [own, *(int(pid) for file in children for pid in file.read_text().split())]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("kind", ["ImageData", "Data"])
def test_handles_and_memory_stay_flat_over_100_epochs(
    make: Make, tmp_path: Path, kind: str, workers: int
) -> None:
    inside = ""
    if kind == "Data":
        write_datums(tmp_path / "db", np.zeros((23, 3, 12, 16), np.uint8), range(23))
        inside = f'data_param {{ source: "{tmp_path / "db"}" batch_size: 4 backend: LMDB }}'
    layer = make(f"workers: {workers} shuffle: true", kind, inside)
    read(layer, range(5 * 6))  # 5 epochs
    processes = family()
    before = [(handles(pid), resident(pid)) for pid in processes]
    read(layer, range(5 * 6, 105 * 6))
    assert family() == processes
    for pid, (open_before, bytes_before) in zip(processes, before, strict=True):
        assert handles(pid) == open_before
        assert resident(pid) - bytes_before < 16 << 20
