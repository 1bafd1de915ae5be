"""The fine-tuning example: a published net with a new last layer, and lower rates for the rest."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from layerzoo.cli.main import main

KEPT = ("conv1", "conv2", "ip1")


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    return tmp_path


def train(solver: str, *arguments: str) -> None:
    everywhere = ["-gpu", "none", "-set", "display=0"]
    assert main(["train", "-solver", f"configs/{solver}_solver.yaml", *everywhere, *arguments]) == 0


def moved(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor], name: str) -> float:
    return float((after[name] - before[name]).norm() / before[name].norm())


def test_finetuning_starts_from_a_published_net(in_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    train("lenet", "-set", "max_iter=80", "-set", "test_interval=0")
    capfd.readouterr()
    train("lenet_finetune", "-weights", "zoo:lenet", "-set", "max_iter=40", "-set", "test_interval=40")
    said = capfd.readouterr().err
    assert "6 blobs loaded, 2 skipped, 2 missing" in said
    assert "missing ip2_half/0" in said
    first, last = (float(a) for a in re.findall(r"#0: accuracy = (\S+)", said))
    assert first < 0.7
    assert last > 0.8
    before = load_file("snapshots/lenet.run/iter_80/weights.safetensors")
    after = load_file("snapshots/lenet_finetune.run/iter_40/weights.safetensors")
    assert all(0 < moved(before, after, f"{layer}/0") < 0.2 for layer in KEPT)
    assert "ip2/0" not in after
    assert after["ip2_half/0"].shape == (2, 500)


def test_freeze_leaves_layers_unchanged(in_folder: Path) -> None:
    train("lenet", "-set", "max_iter=2", "-set", "test_interval=0")
    short = ["-set", "max_iter=2", "-set", "test_interval=0"]
    train("lenet_finetune", "-weights", "zoo:lenet", *short, "-set", "freeze=conv*")
    before = load_file("snapshots/lenet.run/iter_2/weights.safetensors")
    after = load_file("snapshots/lenet_finetune.run/iter_2/weights.safetensors")
    assert [torch.equal(before[f"{layer}/0"], after[f"{layer}/0"]) for layer in KEPT] == [True, True, False]
