"""One pass over a source."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.data.lmdb_records import write_lmdb
from layerzoo.data_report.sources import DataSource
from layerzoo.data_report.statistics import read_statistics, shown
from layerzoo.schema import Datum
from tests.data_report.photos import net_text, photo, photos, save, sources


def test_counts_shapes_labels_mean_and_deviation(tmp_path: Path) -> None:
    folder = photos(tmp_path, 2, 1)
    save(folder / "train" / "dog" / "wide.png", photo(9)[:20])
    found = read_statistics(sources(net_text(folder))[0])
    assert found.count == 5
    assert dict(found.shapes) == {(3, 40, 40): 4, (3, 20, 40): 1}
    assert found.labels is not None
    assert found.labels.tolist() == [0, 0, 1, 1, 1]
    assert dict(found.counts) == {0: 2, 1: 3}
    assert found.keys[-1].endswith("dog/wide.png")
    pixels = [photo(seed).reshape(-1, 3) for seed in (0, 1, 100, 101)] + [photo(9)[:20].reshape(-1, 3)]
    joined = np.concatenate(pixels)[:, ::-1].astype(float)
    assert found.mean == pytest.approx(joined.mean(0).tolist())
    assert found.std == pytest.approx(joined.std(0).tolist())


def test_unreadable_samples_are_named(tmp_path: Path) -> None:
    folder = photos(tmp_path, 2, 1)
    (folder / "train" / "cat" / "zbroken.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    found = read_statistics(sources(net_text(folder))[0])
    assert found.unreadable_count == 1
    ((index, message),) = found.unreadable
    assert index == 2
    assert "zbroken.png" in message
    assert len(found.indices) == 4


def test_limit_spreads_over_the_source(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    source = sources(net_text(photos(tmp_path)))[0]
    found = read_statistics(source, 3, lambda done, of: calls.append((done, of)))
    assert found.indices.tolist() == [0, 5, 11]
    assert found.count == 12
    assert calls[-1] == (3, 3)


def test_values_from_0_to_1_count_as_grey_levels() -> None:
    text = (
        'layer { name: "d" type: "Dataset" top: "d" top: "l" dataset_param { name: "digits" batch_size: 9 } }'
    )
    found = read_statistics(sources(text)[0], 20)
    assert 20 < found.mean[0] < 150
    assert len(found.digests) == 20


def test_images_of_small_floats_are_told_apart(tmp_path: Path) -> None:
    values = [0.1, 0.2, 0.1]
    datums = (Datum(channels=1, height=1, width=2, float_data=[value, -value], label=0) for value in values)
    write_lmdb(tmp_path / "db", ((b"%d" % i, each.SerializeToString()) for i, each in enumerate(datums)))
    data = f'data_param {{ source: "{tmp_path}/db" backend: LMDB batch_size: 1 }}'
    text = f'layer {{ name: "d" type: "Data" top: "d" top: "l" {data} include {{ phase: TRAIN }} }}'
    digests = read_statistics(sources(text)[0]).digests
    assert digests[0] == digests[2] != digests[1]


def written(folder: Path, images: np.ndarray, kind: str = "Data") -> DataSource:
    """A source of float images in an LMDB, or in HDF5."""
    if kind == "HDF5Data":
        with h5py.File(folder / "f.h5", "w") as file:
            file["d"] = images
        text = f'hdf5_data_param {{ source: "{folder / "f.h5"}" batch_size: 1 }}'
    else:
        records = []
        for number, image in enumerate(images):
            channels, height, width = image.shape
            datum = Datum(channels=channels, height=height, width=width, label=0, float_data=image.ravel())
            records.append((b"%03d" % number, datum.SerializeToString()))
        write_lmdb(folder / "db", records)
        text = f'data_param {{ source: "{folder / "db"}" batch_size: 1 backend: LMDB }}'
    return sources(f'layer {{ name: "d" type: "{kind}" top: "d" {text} }}')[0]


@pytest.mark.parametrize("kind", ["Data", "HDF5Data"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 1e-4), (100, 100.001), (-3e5, 2e6), (0, 200)])
def test_floats_are_not_rounded(kind: str, low: float, high: float, tmp_path: Path) -> None:
    images = np.random.default_rng(1).uniform(low, high, (9, 2, 20, 18)).astype(np.float32)
    found = read_statistics(written(tmp_path, images, kind))
    pixels = images.astype(np.float64).transpose(1, 0, 2, 3).reshape(2, -1)
    assert found.mean == pytest.approx(pixels.mean(1).tolist(), rel=1e-9, abs=1e-12)
    assert found.std == pytest.approx(pixels.std(1).tolist(), rel=1e-6)


def test_floats_of_different_images_have_different_thumbnails(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.9, 16, dtype=np.float32)
    images = np.stack([np.tile(ramp, (1, 16, 1)), np.tile(ramp[::-1], (1, 16, 1))])
    found = read_statistics(written(tmp_path, images))
    assert found.thumbnails[0, :2].tolist() == [0, 15]  # 0.06 of 0 to 1, in 255 levels
    assert found.hashes[0] != found.hashes[1]


def test_shown_hides_no_digits_of_small_numbers() -> None:
    assert [shown(value) for value in (123.456, 0.0, 9.87654, -0.000123456)] == [
        "123.46",
        "0.00",
        "9.877",
        "-0.0001235",
    ]
