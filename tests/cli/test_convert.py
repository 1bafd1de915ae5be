"""``layerzoo convert``."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = """\
name: "small"
layer {
  name: "data"
  type: "Input"
  top: "data"
  input_param { shape { dim: 2 dim: 3 } }
}
layer {
  name: "ip"
  type: "InnerProduct"
  bottom: "data"
  top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } }
}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(NET)
    return tmp_path


def test_round_trip_is_lossless(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "net.prototxt", "net.yaml"]) == 0
    assert capsys.readouterr().out == "wrote net.yaml\n"
    assert "num_output: 4" in Path("net.yaml").read_text()
    assert main(["convert", "net.yaml", "again.prototxt"]) == 0
    assert main(["convert", "again.prototxt", "again.yaml"]) == 0
    assert "layer {" in Path("again.prototxt").read_text()
    assert Path("again.yaml").read_text() == Path("net.yaml").read_text()


def test_fault_is_reported_and_nothing_is_written(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.prototxt").write_text(NET.replace("num_output", "num_outptu"))
    assert main(["convert", "net.prototxt", "net.yaml"]) == 2
    err = capsys.readouterr().err
    assert "net.prototxt:13:" in err
    assert "num_output" in err
    assert not Path("net.yaml").exists()


def test_lenient_drops_unknown_fields(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.prototxt").write_text(NET.replace("num_output: 4", "num_output: 4 colour: 7"))
    assert main(["convert", "-lenient", "net.prototxt", "net.yaml"]) == 0
    assert "colour" in capsys.readouterr().err
    assert "colour" not in Path("net.yaml").read_text()


def test_output_must_not_be_the_input(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "net.prototxt", "../" + net.name + "/net.prototxt"]) == 2
    assert "are the same file" in capsys.readouterr().err
    assert Path("net.prototxt").read_text() == NET


def test_missing_files_are_errors(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "nets.prototxt", "net.yaml"]) == 2
    assert "did you mean 'net.prototxt'" in capsys.readouterr().err
    assert main(["convert", "net.prototxt", "none/net.yaml"]) == 1
    assert "none/net.yaml" in capsys.readouterr().err
