"""Inference engines that run ONNX files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from layerzoo.errors import ExportError, MissingExtraError
from layerzoo.export.engines import ENGINES, check_engine, open_engine

onnx = pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")

WEIGHT = np.array([[1, 2], [3, 4], [5, 6]], np.float32)


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    pytest.importorskip(name, reason=f"the extra '{name}' is not installed")
    return name


def _product(path: Path, batch: int | str) -> Path:
    """A file of ``product = x @ WEIGHT`` and ``half = product * 0.5``, for a batch of this size."""
    shape, many = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("MatMul", ["x", "weight"], ["product"]),
            onnx.helper.make_node("Mul", ["product", "factor"], ["half"]),
        ],
        "net",
        [shape("x", many, [batch, 3])],
        [shape("half", many, [batch, 2]), shape("product", many, [batch, 2])],
        [
            onnx.numpy_helper.from_array(WEIGHT, "weight"),
            onnx.numpy_helper.from_array(np.array([0.5], np.float32), "factor"),
        ],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


@pytest.mark.parametrize("batch", ["batch", 1, 2, 5])
def test_engine_computes_batches_of_any_size(engine: str, batch: int | str, tmp_path: Path) -> None:
    compute = open_engine(engine, _product(tmp_path / "net.onnx", batch), ["product", "half"])
    x = torch.arange(15.0).reshape(5, 3)
    wanted = x @ torch.from_numpy(WEIGHT)
    for count in (5, 2, 3):
        found = compute(x[:count])
        assert list(found) == ["product", "half"]
        assert torch.equal(found["product"], wanted[:count])
        assert torch.equal(found["half"], wanted[:count] / 2)


def test_engine_gives_each_pass_tensors_of_its_own(engine: str, tmp_path: Path) -> None:
    compute = open_engine(engine, _product(tmp_path / "net.onnx", "batch"), ["product"])
    first = compute(torch.ones(2, 3))["product"]
    compute(torch.zeros(2, 3))
    assert first.tolist() == [[9, 12], [9, 12]]


def test_engine_refuses_files_that_it_cannot_run(engine: str, tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"not a net")
    with pytest.raises(ExportError, match=rf"{engine} can't run .*x\.onnx: "):
        open_engine(engine, tmp_path / "x.onnx", ["half"])
    with pytest.raises(ExportError, match=rf"{engine} can't run .*net\.onnx: it has no output prob"):
        open_engine(engine, _product(tmp_path / "net.onnx", 2), ["prob"])


@pytest.mark.parametrize("name", list(ENGINES))
def test_engine_that_is_missing_names_its_extra(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'layerzoo\[{name}\]'"):
        check_engine(name)
