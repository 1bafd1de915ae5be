"""Samples that stay in memory or on a device."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.data import caching
from layerzoo.data.box_samples import AnnotatedFile, BoxSamples
from layerzoo.data.caching import DeviceCache, ImageCache, WholeCache
from layerzoo.data.columns import find_columns
from layerzoo.data.csv_file import Table
from layerzoo.data.draws import Ints
from layerzoo.data.hugging_face import HuggingFaceSamples, HuggingFaceSet
from layerzoo.data.image import Encoded, encode
from layerzoo.data.samples import Array, ArraySamples, Kept, Samples
from layerzoo.data.table_rows import TableSamples, encoded
from layerzoo.data.tar_shards import TarSamples, index_shard
from layerzoo.data.transform import Pipeline
from layerzoo.data.transform.steps import decode as decoding
from layerzoo.data.transform.steps.crop import Crop
from layerzoo.data.transform.steps.decode import Decode
from layerzoo.errors import DataError, LayerFault
from layerzoo.schema import SSD_BOXES


class Counted(ArraySamples):
    reads = 0

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        self.reads += len(indices)
        return super().read(indices, numbers, key)


def counted(count: int = 40) -> Counted:
    return Counted(np.arange(3 * count, dtype=np.float32).reshape(count, 3), np.arange(count))


def read(source: Samples, *indices: int) -> list[list[object]]:
    return [array.tolist() for array in source.read(np.array(indices), np.arange(len(indices)), 0)]


def test_whole_samples_are_read_once() -> None:
    source = counted()
    cache = WholeCache(source)
    expected = read(counted(), 5, 1, 39)
    assert read(cache, 5, 1, 39) == expected
    source.reads = 0
    assert read(cache, 5, 1, 39) == expected
    assert source.reads == 0
    assert read(cache, 1, 2, 5) == read(counted(), 1, 2, 5)
    assert source.reads == 1, "of the three only one is new"


def test_batches_of_a_cache_may_be_written_to() -> None:
    cache = WholeCache(counted())
    for _ in range(2):
        values, _ = cache.read(np.array([1, 2]), np.arange(2), 0)
        assert values.tolist() == [[3, 4, 5], [6, 7, 8]]
        values[:] = -1


def test_a_cache_that_needs_too_much_memory_is_refused_before_it_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caching, "available_memory", lambda device: 10_000)
    with pytest.raises(
        LayerFault, match=r"needs about 0\.\d MiB of memory for 400 samples; 0\.0 MiB are free"
    ) as caught:
        WholeCache(counted(400))
    assert caught.value.field == "reading_param.cache"
    with pytest.raises(LayerFault, match="memory of cpu"):
        DeviceCache(counted(4000), torch.device("cpu"))
    monkeypatch.setattr(caching, "available_memory", lambda device: None)
    WholeCache(counted(400))


class OneRow(ArraySamples):
    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        return (np.zeros((1, 1, len(indices), 8), np.float32),)


def test_tops_without_a_row_for_each_sample_are_refused() -> None:
    for made in (WholeCache, lambda source: DeviceCache(source, torch.device("cpu"))):
        with pytest.raises(LayerFault, match=r"arrays of shapes \(1, 1, 2, 8\) for two samples"):
            made(OneRow(np.zeros(3)))  # type: ignore[operator]  # both take a source


class Pictures(Samples):
    """Six pictures of 4 x 5 pixels that are cropped at random; counts how often one is loaded."""

    def __init__(self, *bad: int) -> None:
        rng = np.random.default_rng(1)
        self.files = [encode(rng.integers(0, 256, (3, 4, 5), np.uint8), "png", "x") for _ in range(6)]
        self.pipeline = Pipeline(Decode(True), Crop(2, 2, random=True))
        self.bad, self.loaded = bad, 0

    def __len__(self) -> int:
        return len(self.files)

    def keep(self, kept: Kept) -> bool:
        return self.pipeline.keep(kept)

    def read(self, indices: Ints, numbers: Ints, key: int) -> tuple[Array, ...]:
        def load(index: int) -> bytes:
            self.loaded += 1
            if index in self.bad:
                raise DataError(f"{index} is damaged")
            return self.files[index]

        images = [Encoded(lambda index=index: load(index)) for index in indices.tolist()]  # type: ignore[misc]
        return (self.pipeline(images, numbers, key),)


def test_images_are_decoded_once_and_cropped_anew() -> None:
    source, plain = Pictures(), Pictures()
    cache = ImageCache(source)
    for number in (0, 6, 12):
        numbers = np.arange(number, number + 6)
        made, expected = (each.read(np.arange(6), numbers, 9)[0] for each in (cache, plain))
        assert np.array_equal(made, expected)
        if number == 0:
            source.loaded = 0
    assert source.loaded == 0
    assert plain.loaded == 18


def test_an_unreadable_image_does_not_stop_the_estimate() -> None:
    cache = ImageCache(Pictures(0, 3))
    assert cache.store is not None
    with pytest.raises(DataError, match="0 is damaged"):
        read(cache, 0)
    assert np.array_equal(
        cache.read(np.array([1]), np.arange(1), 0)[0], Pictures().read(np.array([1]), np.arange(1), 0)[0]
    )


def cropped() -> Pipeline:
    return Pipeline(Decode(True), Crop(2, 2, random=True))


def archive_of(folder: Path) -> Samples:
    with tarfile.open(folder / "a.tar", "w") as tar:
        for index in range(3):
            (folder / f"{index}.cls").write_text("1")
            tar.add(folder / f"{index}.png", f"{index}.png")
            tar.add(folder / f"{index}.cls", f"{index}.cls")
    return TarSamples(index_shard(folder / "a.tar", "cls"), cropped())


def rows_of(folder: Path) -> Samples:
    values = [{"image": {"bytes": (folder / f"{index}.png").read_bytes()}} for index in range(3)]
    opened = HuggingFaceSet(values, "image", "label", np.zeros(3, np.int64), None, False)
    return HuggingFaceSamples(opened, cropped(), "d", None)


def boxes_of(folder: Path) -> Samples:
    facts = np.array([[0, 0, 2, 2]], np.float32), np.ones(1, np.float32), np.zeros(1, np.float32)
    files = [AnnotatedFile(folder / f"{index}.png", str(index), (4, 5), *facts) for index in range(3)]
    return BoxSamples(files, cropped(), SSD_BOXES, 2, True)


def table_of(folder: Path) -> Samples:
    columns = {"photo": [f"{index}.png" for index in range(3)], "label": ["u", "v", "u"]}
    table = Table(list(columns), list(columns.values()), [2, 3, 4])
    return TableSamples(encoded(table, find_columns(table), "t.csv"), folder, cropped(), "t.csv")


@pytest.mark.parametrize("source_of", [archive_of, rows_of, boxes_of, table_of])
def test_sources_of_encoded_images_keep_them(
    source_of: Callable[[Path], Samples], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index, data in enumerate(Pictures().files[:3]):
        (tmp_path / f"{index}.png").write_bytes(data)
    source = source_of(tmp_path)
    expected = [source.read(np.arange(3), np.arange(3) + first, 5)[0] for first in (0, 3)]
    cache = ImageCache(source)
    assert np.array_equal(cache.read(np.arange(3), np.arange(3), 5)[0], expected[0])
    monkeypatch.setattr(decoding, "decode", None)
    assert np.array_equal(cache.read(np.arange(3), np.arange(3) + 3, 5)[0], expected[1])
    assert not np.array_equal(expected[0], expected[1])


def test_a_source_that_decodes_nothing_first_is_refused() -> None:
    with pytest.raises(LayerFault, match="layers of this type keep no images before"):
        ImageCache(counted())


def test_device_cache_holds_every_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "_AT_ONCE", 7)
    cache = DeviceCache(counted(), torch.device("cpu"))
    values, labels = cache.read(np.array([39, 0, 7]))
    assert values.tolist() == [[117, 118, 119], [0, 1, 2], [21, 22, 23]]
    assert labels.tolist() == [39, 0, 7]
    values.zero_()
    assert cache.read(np.array([39]))[0].tolist() == [[117, 118, 119]]
