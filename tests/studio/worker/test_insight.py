"""Layers of a net, and what its answers depend on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.worker.insight import explain, layers

TARGET = {"zoo": "lenet-digits"}


def test_layers_have_pictures_and_histograms(digit: Path, tmp_path: Path, home: Path) -> None:
    layers(TARGET, str(digit), str(tmp_path / "out"))
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())["figures"]
    kinds = {(one["data"]["kind"], one["data"]["layer"]) for one in figures}
    assert {("filters", "conv1"), ("activations", "conv1"), ("activations", "prob")} <= kinds
    assert all((tmp_path / "out" / one["file"]).is_file() for one in figures)


def test_layers_without_a_picture_are_weights_alone(tmp_path: Path, home: Path) -> None:
    layers(TARGET, "", str(tmp_path / "out"))
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())["figures"]
    assert {one["data"]["kind"] for one in figures} == {"filters"}


def test_layers_that_are_named_and_those_without_weights(digit: Path, tmp_path: Path, home: Path) -> None:
    layers(TARGET, str(digit), str(tmp_path / "out"), ["conv2", "pool2"])
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())["figures"]
    kinds = [(one["data"]["kind"], one["data"]["layer"]) for one in figures]
    assert kinds == [("filters", "conv2"), ("activations", "conv2"), ("activations", "pool2")]
    layers(TARGET, "", str(tmp_path / "none"), ["pool2"])
    assert json.loads((tmp_path / "none" / "figures.json").read_text())["figures"] == []
    with pytest.raises(UsageError, match="no layer 'conv9'"):
        layers(TARGET, "", str(tmp_path / "wrong"), ["conv9"])


def test_explain_the_predicted_class_and_another(digit: Path, tmp_path: Path, home: Path) -> None:
    kinds = ["gradcam", "saliency", "occlusion"]
    found = explain(TARGET, str(digit), kinds, "", "", str(tmp_path / "out"))
    assert found["class"] == "7"
    assert found["answer"] > 0.5
    assert [one["kind"] for one in found["figures"]] == kinds
    assert all((tmp_path / "out" / one["file"]).is_file() for one in found["figures"])
    other = explain(TARGET, str(digit), ["gradcam"], "3", "conv1", str(tmp_path / "other"))
    assert other["class"] == "3"
    assert "conv1" in other["figures"][0]["caption"]


def test_kind_that_a_net_cannot_give_says_why(digit: Path, tmp_path: Path, home: Path) -> None:
    found = explain({"zoo": "mlp-digits"}, str(digit), ["gradcam", "saliency"], "", "", str(tmp_path / "out"))
    without, with_file = found["figures"]
    assert without["file"] == ""
    assert "Grad-CAM needs" in without["caption"]
    assert with_file["file"]
