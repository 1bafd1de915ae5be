"""Layers of one name, in all formats: all are written, and matched in order."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest
import torch

from layerzoo.blobs.named import LayerId, NamedBlobs
from layerzoo.errors import WeightsError
from layerzoo.schema import NetParameter
from layerzoo.weights import load, read, save
from layerzoo.weights.hdf5 import write_hdf5

SUFFIXES = ["caffemodel", "h5", "safetensors"]


def blob(*values: float) -> torch.Tensor:
    return torch.tensor(values)


def params(**layers: list[float]) -> dict[str, NamedBlobs[torch.Tensor]]:
    """Blobs of layers that are all named ``i``, in order, by any key."""
    return {
        key: NamedBlobs([blob(value) for value in values], None, LayerId("i", number))
        for number, (key, values) in enumerate(layers.items(), 1)
    }


def values(of: dict[str, NamedBlobs[torch.Tensor]]) -> dict[str, list[float]]:
    return {key: [float(blob) for blob in blobs] for key, blobs in of.items()}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_holds_all_layers_of_a_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w.{suffix}"
    real = {"i#2": [blob(9.0)]}  # a layer with that very name
    save({**params(a=[1.0, 2.0], b=[3.0], c=[4.0]), **real}, path)
    found = read(path)
    assert sorted((blobs.layer or (key, 1), *map(float, blobs)) for key, blobs in found.items()) == [
        (("i", 1), 1.0, 2.0),
        (("i", 2), 3.0),
        (("i", 3), 4.0),
        (("i#2", 1), 9.0),
    ]
    assert values(found)["i"] == [1.0, 2.0]
    assert values(found)["i#2"] == [9.0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_load_matches_layers_of_a_name_in_order(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w.{suffix}"
    save(params(a=[1.0], b=[2.0], c=[3.0]), path)
    two, one = params(x=[0.0], y=[0.0]), params(x=[0.0])
    report = load(two, path)
    assert values(two) == {"x": [1.0], "y": [2.0]}
    assert (report.loaded, report.skipped) == (["i/0", "i/2:0"], ["i/3:0"])
    assert sorted(load(one, path).skipped) == ["i/2:0", "i/3:0"]
    assert values(one) == {"x": [1.0]}
    with pytest.raises(WeightsError, match=r"skipped i/3:0"):
        load(two, path, strict=True)
    save(params(a=[5.0]), path)
    report = load(two, path)
    assert values(two) == {"x": [5.0], "y": [2.0]}, "a file with one loads it into the first"
    assert report.missing == ["i/2:0"]


def test_caffemodel_puts_blobs_into_the_layers_that_hold_them(tmp_path: Path) -> None:
    net = NetParameter(layer=[{"name": "i", "type": kind} for kind in ("ReLU", "PReLU", "ReLU", "PReLU")])
    placed = params(a=[1.0], b=[2.0])
    placed["a"].place, placed["b"].place = 1, 3
    save(placed, tmp_path / "w.caffemodel", net, diffs={"x": NamedBlobs([blob(7.0)], None, LayerId("i", 2))})
    written = NetParameter.FromString((tmp_path / "w.caffemodel").read_bytes()).layer
    assert [(layer.type, [list(b.data) for b in layer.blobs]) for layer in written] == [
        ("ReLU", []),
        ("PReLU", [[1.0]]),
        ("ReLU", []),
        ("PReLU", [[2.0]]),
    ]
    assert list(written[3].blobs[0].diff) == [7.0]
    save(params(a=[1.0], b=[2.0]), tmp_path / "w.caffemodel", NetParameter(layer=net.layer[1:2] * 3))
    written = NetParameter.FromString((tmp_path / "w.caffemodel").read_bytes()).layer
    assert [[list(b.data) for b in layer.blobs] for layer in written] == [[[1.0]], [[2.0]], []]


def test_hdf5_file_has_the_second_layer_in_a_group_that_caffe_ignores(tmp_path: Path) -> None:
    write_hdf5(tmp_path / "w.h5", params(**{"i": [1.0], "i#2": [2.0]}))
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file) == ["data", "data_2"]
        assert list(file["data"]) == list(file["data_2"]) == ["i"]
        assert list(file["data/i"]) == ["0"]
        assert file["data_2/i/0"][()].tolist() == [2.0]


def test_hdf5_groups_of_other_names_are_ignored(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "w.h5", "w") as file:
        for name in ("data/a", "data_0/a", "data_x/a", "unnamed_data/x", "unnamed_data/01", "data_3/a"):
            file[f"{name}/0"] = [1.0]
        file["data_2"] = [1.0]
    assert [blobs.layer for blobs in read(tmp_path / "w.h5").values()] == [LayerId("a"), LayerId("a", 3)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_holds_layers_without_a_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"w.{suffix}"
    unnamed = {
        key: NamedBlobs([blob(value)], None, LayerId("", number))
        for key, value, number in (("innerproduct1", 1.0, 1), ("innerproduct2", 2.0, 2))
    }
    save({**unnamed, "unnamed": [blob(3.0)]}, path)
    other = {key: NamedBlobs([blob(0.0)], None, blobs.layer) for key, blobs in unnamed.items()}
    other = {f"x{key}": blobs for key, blobs in other.items()}  # another net, with other indices
    assert load(other, path).skipped == ["unnamed/0"]
    assert [float(blobs[0]) for blobs in other.values()] == [1.0, 2.0]
