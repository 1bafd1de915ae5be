"""Migrating one net: the files, their agreement, and what is refused."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.errors import UsageError, WeightsError
from layerzoo.migration import migrate
from layerzoo.migration.migrate import identifier
from layerzoo.net import Net

TEXT = """name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 12 dim: 12 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
  convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "ip" type: "InnerProduct" bottom: "conv" top: "ip"
  inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


@pytest.fixture
def model(tmp_path: Path) -> tuple[Path, Path]:
    net, weights = tmp_path / "my-net.prototxt", tmp_path / "my-net.caffemodel"
    net.write_text(TEXT)
    Net(net, seed=3).save_weights(weights)
    return net, weights


@pytest.mark.slow
def test_every_format_agrees_and_the_golden_pair_holds(model: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = migrate(*model, out, labels=["a", "b", "c", "d", "e"])
    assert made.complete
    assert [outcome.format for outcome in made.outcomes] == ["onnx", "torch_export", "python", "caffemodel"]
    assert all(outcome.deviation is not None and outcome.deviation < 1e-5 for outcome in made.outcomes)
    golden = load_file(out / "golden.safetensors")
    spec = importlib.util.spec_from_file_location("my_net", out / "my_net.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.load()(golden["in/data"])["prob"]
    torch.testing.assert_close(found, golden["out/prob"])
    text = (out / "REPORT.md").read_text()
    assert "164 params" not in text
    assert "2,117 params" in text
    assert "| onnx | `my_net.onnx` |" in text
    assert (out / "labels.txt").read_text().split() == ["a", "b", "c", "d", "e"]
    assert (out / "my_net.svg").read_text().startswith("<svg")


def test_weights_that_lack_a_blob_are_refused(model: tuple[Path, Path], tmp_path: Path) -> None:
    net, weights = model
    net.write_text(TEXT.replace('name: "ip"', 'name: "fc"'))
    with pytest.raises(WeightsError, match=r"the weights don't fit the net\n.*2 missing: fc/0, fc/1|fc"):
        migrate(net, weights, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_folder_with_files_is_refused(model: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="already exists; name another folder with -out"):
        migrate(*model, tmp_path)


def test_net_whose_data_is_missing_gets_an_input(model: tuple[Path, Path], tmp_path: Path) -> None:
    net, weights = model
    data = """layer { name: "data" type: "Data" top: "data" top: "label"
      transform_param { crop_size: 12 mean_file: "gone.binaryproto" }
      data_param { source: "gone" batch_size: 4 } }
    """
    net.write_text(data + TEXT[TEXT.index('layer { name: "conv"') :])
    made = migrate(net, weights, tmp_path / "out", formats=["caffemodel"])
    assert made.inputs == {"data": (1, 3, 12, 12)}
    assert "the input's shape is a guess" in (tmp_path / "out" / "REPORT.md").read_text()


DETECTOR = """
layer { name: "loc" type: "Input" top: "loc" input_param { shape { dim: 1 dim: 16 } } }
layer { name: "conf" type: "Input" top: "conf" input_param { shape { dim: 1 dim: 12 } } }
layer { name: "prior" type: "Input" top: "prior" input_param { shape { dim: 1 dim: 2 dim: 16 } } }
layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "prior" top: "out"
  detection_output_param { num_classes: 3 save_output_param { output_directory: "results"
    output_name_prefix: "a" output_format: "COCO" label_map_file: "gone" name_size_file: "gone" } } }
"""


def test_files_of_detections_are_not_written(tmp_path: Path) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text(DETECTOR)
    made = migrate(net, None, tmp_path / "out", formats=["python"])
    assert made.complete
    assert "save_output_param" not in (tmp_path / "out" / "net.prototxt").read_text()
    assert "layer 'out' writes files" in (tmp_path / "out" / "REPORT.md").read_text()


@pytest.mark.parametrize(
    ("stem", "name"), [("my-net", "my_net"), ("3d", "net_3d"), ("class", "net_class"), ("", "net")]
)
def test_identifier_can_be_imported(stem: str, name: str) -> None:
    assert identifier(stem) == name
