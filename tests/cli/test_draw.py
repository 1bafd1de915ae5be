"""``layerzoo draw``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = """
layer { name: "d" type: "Data" top: "x" data_param { source: "none" batch_size: 3 }
  transform_param { crop_size: 12 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 2 kernel_size: 3 } }
"""


def test_net_is_drawn_without_its_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, picture = tmp_path / "net.prototxt", tmp_path / "net.svg"
    path.write_text(NET)
    assert main(["draw", str(path), "-o", str(picture)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{picture}: 2 layers, 2 blobs\n"
    assert err == "no data found; assumed: 3x3x12x12 for Data 'd'\n"
    assert ">3 x 2 x 10 x 10</text>" in picture.read_text()


def test_default_file_has_the_name_of_the_net(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["draw", "configs/mlp_train_test.yaml"]) == 0
    assert (tmp_path / "mlp_train_test.svg").is_file()


def test_layers_of_unknown_type_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET + 'layer { name: "p" type: "Frobnicate" bottom: "c" top: "p" }')
    assert main(["draw", str(path), "-o", str(tmp_path / "net.dot")]) == 0
    assert "left out: layer 'p': unknown layer type 'Frobnicate'" in capsys.readouterr().err


def test_python_layers_whose_module_is_absent_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.prototxt"
    python = (
        'layer { name: "p" type: "Python" bottom: "c" top: "p" python_param { module: "gone" layer: "L" } }\n'
    )
    path.write_text(NET + python + 'layer { name: "after" type: "ReLU" bottom: "p" top: "q" }')
    assert main(["draw", str(path), "-o", str(tmp_path / "net.dot")]) == 0
    assert "unknown: layer 'p': this layer runs Python code of module 'gone'" in capsys.readouterr().err
    drawn = (tmp_path / "net.dot").read_text()
    assert 'label="p\\nPython' in drawn
    assert 'label="after\\nReLU' in drawn
    assert 'label="unknown shape"' in drawn


def test_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw"]) == 2
    assert main(["draw", "configs/mlp_train_test.yaml", "-o", str(tmp_path / "net.pdf")]) == 2
    assert "unknown picture format 'pdf'" in capsys.readouterr().err
    path = tmp_path / "net.prototxt"
    path.write_text(NET.replace("kernel_size: 3", "kernel_size: 30"))
    assert main(["draw", str(path), "-o", str(tmp_path / "net.svg")]) == 2
    assert "'none' can't be opened" in capsys.readouterr().err, "the faults are the config's own"
