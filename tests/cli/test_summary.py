"""``layerzoo summary``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = """
name: "n"
layer { name: "d" type: "Data" top: "x" data_param { source: "none" batch_size: 2 }
  transform_param { crop_size: 10 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "r" type: "ReLU" bottom: "c" top: "c" }
"""


OPEN = """
layer { name: "x" type: "Input" top: "x" }
layer { name: "r" type: "ReLU" bottom: "x" top: "r" }
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    return str(path)


def test_table_has_shapes_params_and_macs(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "-model", path]) == 0
    out, err = capsys.readouterr()
    lines = [line.replace("│", " ").split() for line in out.splitlines()]
    assert ["c", "Convolution", "2x4x8x8", "112", "13,824", "2,048"] in lines
    assert ["b", "BatchNorm", "2x4x8x8"] in lines, "in place; its statistics are not params"
    assert ["total", "4", "layers", "112", "13,824", "4,448"] in lines
    assert "no data found; assumed: 2x3x10x10 for Data 'd'" in err


def test_unknown_shapes_are_shown_as_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "open.prototxt"
    path.write_text(OPEN)
    assert main(["summary", "-model", str(path)]) == 0
    assert ["r", "ReLU", "unknown"] in [
        line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()
    ]
    assert main(["summary", "-model", str(path), "-json"]) == 0
    assert [row["shapes"] for row in json.loads(capsys.readouterr().out)["layers"]] == [[None], [None]]


def test_json_output(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "-model", path, "-json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["total"] == {"params": 112, "macs": 13824, "bytes": 4448}
    assert summary["layers"][1] == {
        "layer": "c",
        "type": "Convolution",
        "shapes": [[2, 4, 8, 8]],
        "params": 4 * 27 + 4,
        "macs": 2 * 4 * 64 * 27,
        "bytes": 4 * 512,
    }


SUBNET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 5 dim: 2 dim: 3 } } }
layer { name: "r" type: "Recurrent" bottom: "x" top: "y" subnet_param { body {
  layer { name: "x" type: "Input" top: "x" }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 4 } } } } }
"""


def test_layers_of_subnets_stand_below_the_layer_that_runs_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(SUBNET)
    assert main(["summary", "-model", str(path)]) == 0
    lines = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines()]
    assert lines.index(["r", "Recurrent", "5x2x4", "16", "120", "160"]) + 1 == lines.index(
        ["ip", "InnerProduct", "5", "x", "2x4", "(16)", "(120)"]
    )
    assert ["total", "2", "layers", "16", "120", "280"] in lines


def test_axes_that_vary_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text(
        'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: -1 dim: 16 } axes: "N T" } }'
    )
    assert main(["summary", "-model", str(net)]) == 0
    assert "NxT" in capsys.readouterr().out
    assert main(["summary", "-model", str(net), "-json"]) == 0
    (layer,) = json.loads(capsys.readouterr().out)["layers"]
    assert (layer["shapes"], layer["axes"]) == ([[1, 16]], [["N", "T"]])
