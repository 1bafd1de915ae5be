"""``layerzoo list``."""

from __future__ import annotations

import json

import pytest

from layerzoo.cli.main import main


def test_layers_are_listed_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "layers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "data"
    relu = ["ReLU", "BVLC", "Rectified linear unit: y = max(x, 0) + negative_slope * min(x, 0)"]
    assert relu in [line.split(maxsplit=2) for line in lines]
    assert lines[lines.index("vision") - 1] == ""


def test_json_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "policies", "-json"]) == 0
    entries = {entry["name"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert entries["fixed"] == {
        "name": "fixed",
        "line": "base_lr",
        "family": "",
        "origin": "BVLC",
        "source": "",
    }


def test_unknown_list_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "layer"]) == 2
    assert capsys.readouterr().err == "error: unknown list 'layer'; did you mean 'layers'?\n"


def test_configs_are_listed_by_folder_with_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "configs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "configs"
    courses = lines[lines.index("configs/courses") + 1 :]
    assert [
        "configs/courses/vae.yaml",
        "A variational autoencoder (Kingma and Welling 2014): it learns codes of digits, and to draw digits "
        "from new codes",
    ] in [line.split(maxsplit=1) for line in courses]
