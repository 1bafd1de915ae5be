from __future__ import annotations

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from layerzoo.errors import WeightsError
from layerzoo.weights import read
from layerzoo.weights.safetensors import write_safetensors


def test_round_trip_with_any_name(tmp_path):
    params = {
        name: [torch.randn(2, 3), torch.tensor(4.0), torch.ones(2, dtype=torch.bfloat16)]
        for name in ("conv1", "conv1/dw", "conv1/0", "", "/", "__metadata__", "Ünïcode ☃", 'quo"te')
    }
    write_safetensors(tmp_path / "w.safetensors", params, {"layerzoo": "1"})
    found = read(tmp_path / "w.safetensors")
    assert found.keys() == params.keys()
    for layer, blobs in params.items():
        for a, b in zip(found[layer], blobs, strict=True):
            assert a.dtype == b.dtype
            assert torch.equal(a, b)
    with safe_open(tmp_path / "w.safetensors", framework="pt") as file:
        assert file.metadata()["layerzoo"] == "1"


def test_shared_and_strided_blobs(tmp_path):
    blob = torch.arange(6.0).reshape(2, 3)
    write_safetensors(tmp_path / "w", {"a": [blob, blob.t()], "b": [blob]})
    found = read(tmp_path / "w")
    assert torch.equal(found["a"][1], blob.t())
    assert torch.equal(found["b"][0], blob)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["conv1.weight"], "named 'conv1.weight', not <layer>/<index>"),
        (["a/0", "a/2"], r"of layer 'a' there are only blobs \[0, 2\]"),
        (["a/0", "b/"], "named 'b/', not <layer>/<index> or <layer>/<name>"),
    ],
)
def test_tensors_with_other_names_are_refused(tmp_path, names, message):
    save_file({name: torch.ones(1) for name in names}, tmp_path / "w")
    with pytest.raises(WeightsError, match=message):
        read(tmp_path / "w")


def test_truncated_file_is_refused(tmp_path):
    write_safetensors(tmp_path / "w", {"a": [torch.ones(100)]})
    (tmp_path / "w").write_bytes((tmp_path / "w").read_bytes()[:-10])
    with pytest.raises(WeightsError, match="safetensors can't be read"):
        read(tmp_path / "w")
