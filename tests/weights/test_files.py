from __future__ import annotations

import pytest
import torch

from layerzoo.errors import WeightsError
from layerzoo.weights import open_weights, read, save

PARAMS = {"ip": [torch.tensor([[1.0, 2]]), torch.tensor([3.0])]}


@pytest.mark.parametrize("suffix", ["caffemodel", "h5", "hdf5", "safetensors", "caffemodel.h5"])
def test_suffix_decides_on_writing_and_content_on_reading(tmp_path, suffix):
    path = tmp_path / f"w.{suffix}"
    save(PARAMS, path)
    found = read(path.rename(tmp_path / "renamed.bin"))
    assert [b.tolist() for b in found["ip"]] == [[[1, 2]], [3]]


def test_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"suffix '.pth', expected .safetensors"):
        save(PARAMS, tmp_path / "w.pth")


def test_shapes_are_known_before_values_are_read(tmp_path):
    save(PARAMS, tmp_path / "w.safetensors")
    with open_weights(tmp_path / "w.safetensors") as stored:
        assert [blob.shape for blob in stored["ip"]] == [(1, 2), (1,)]
        assert stored["ip"][1].tensor().tolist() == [3]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name: 'LeNet'\nlayer {", "this is text, not weights"),
        (b"PK\x03\x04\0\0", "save safetensors"),
        (b"\x80\x02}q\0", "save safetensors"),
        (b"", "the file is empty"),
        (b"\x00\x01\x02", "not a weights file|damaged"),
    ],
)
def test_open_weights_refuses_other_files(tmp_path, content, message):
    (tmp_path / "w").write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read(tmp_path / "w")


def test_open_weights_refuses_a_missing_file(tmp_path):
    with pytest.raises(WeightsError, match="No such file"):
        read(tmp_path / "w")
    with pytest.raises(WeightsError, match="Is a directory"):
        read(tmp_path)
