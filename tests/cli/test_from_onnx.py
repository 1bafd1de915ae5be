"""``layerzoo from_onnx``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main
from layerzoo.loader import load_net
from layerzoo.net import Net
from tests.migration.test_from_onnx import node, some, write


def test_from_onnx_writes_config_and_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models").mkdir()
    write(tmp_path / "models" / "tiny.onnx", node("Conv", "x", "w"), (1, 3, 8, 8), w=some(2, 3, 3, 3))
    assert main(["from_onnx", "models/tiny.onnx"]) == 0
    assert capsys.readouterr().out.startswith("tiny.prototxt, tiny.caffemodel: output equals the model's")
    assert Net(load_net("tiny.prototxt"), weights="tiny.caffemodel", strict=True).outputs == ["y"]
    assert main(["from_onnx", "models/tiny.onnx"]) == 1
    assert "tiny.prototxt already exists; name another file with -out" in capsys.readouterr().err


def test_model_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"no model")
    assert main(["from_onnx", str(path), "-out", str(tmp_path / "x.prototxt")]) == 2
    assert "x.onnx: not an ONNX model" in capsys.readouterr().err
    assert main(["from_onnx", str(tmp_path / "gone.onnx")]) == 1
    assert "gone.onnx: No such file" in capsys.readouterr().err
