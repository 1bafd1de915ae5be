"""Flags that name the net to apply."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from layerzoo.cli.deployed import check_one_net
from layerzoo.cli.main import main
from layerzoo.errors import UsageError
from layerzoo.zoo import LocalZoo

NET = """
name: shades
layer:
- {name: data, type: FolderData, top: [data, label], include: {phase: TRAIN},
   folder_data_param: {source: photos, batch_size: 16},
   reading_param: {split: TRAIN, val_share: 0.2, test_share: 0.2},
   transform_param: {mean_value: [128], scale: 0.01}}
- {name: data, type: FolderData, top: [data, label], include: {phase: TEST, not_stage: test},
   folder_data_param: {source: photos, batch_size: 16},
   reading_param: {split: VAL, val_share: 0.2, test_share: 0.2},
   transform_param: {mean_value: [128], scale: 0.01}}
- {name: data, type: FolderData, top: [data, label], include: {phase: TEST, stage: test},
   folder_data_param: {source: photos, batch_size: 16},
   reading_param: {split: TEST, val_share: 0.2, test_share: 0.2},
   transform_param: {mean_value: [128], scale: 0.01}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 2, weight_filler: {type: xavier}}}
- {name: accuracy, type: Accuracy, bottom: [ip, label], top: accuracy, include: {phase: TEST}}
- {name: loss, type: SoftmaxWithLoss, bottom: [ip, label], top: loss}
"""
SOLVER = """
net: net.yaml
test_interval: 5
test_state: [{}, {stage: test}]
base_lr: 0.01
lr_policy: fixed
max_iter: 12
snapshot_prefix: shades
random_seed: 1
solver_mode: CPU
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained net of dark and light pictures, published as ``shades``."""
    folder = tmp_path_factory.mktemp("deployed")
    rng = np.random.default_rng(1)
    for name, level in (("dark", 60), ("light", 190)):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(40):
            pixels = rng.integers(level - 40, level + 40, (6, 6, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number}.png")
    (folder / "net.yaml").write_text(NET)
    (folder / "solver.yaml").write_text(SOLVER)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("LAYERZOO_HOME", str(folder / "home"))
        assert main(["train", "-solver", "solver.yaml", "-publish", "shades"]) == 0
    return folder


def guesses(capsys: pytest.CaptureFixture[str], *flags: str) -> list[str]:
    capsys.readouterr()
    assert main(["classify", *flags, "-format", "csv", "-top", "1"]) == 0
    return [row["label"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]


def test_run_config_and_entry_classify_alike_from_anywhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(folder / "home"))
    images = [str(folder / "photos" / name / "3.png") for name in ("light", "dark")]
    weights = str(folder / "shades.run/best/weights.safetensors")
    for flags in (
        ["-run", str(folder / "shades.run")],
        ["-run", str(folder)],
        ["-zoo", "shades"],
        ["-model", str(folder / "shades.run/net.prototxt"), "-weights", weights],
    ):
        assert guesses(capsys, *flags, *images) == ["light", "dark"]


def test_entry_of_own_data_says_what_chose_and_scored_and_tests_from_anywhere(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAYERZOO_HOME", str(folder / "home"))
    entry = LocalZoo().get("shades")
    assert entry.manifest["chosen_by"] == "best accuracy on photos (val), test net 0"
    assert entry.manifest["scored_by"] == "photos (test), test net 1"
    assert entry.manifest["results"]["accuracy"] == 1.0
    assert entry.file("labels.txt").read_text() == "dark\nlight\n"
    card = entry.file("README.md").read_text()
    assert "| result on photos (test), test net 1 | value |" in card
    assert f"The weights are those of iteration {entry.manifest['iteration']}, with the best accuracy" in card
    scores = []
    for flags in ([], ["-stage", "test"], ["-stage", "none"]):
        capsys.readouterr()
        assert main(["test", "-zoo", "shades", *flags]) == 0
        lines = [line.split("] ")[1] for line in capsys.readouterr().err.splitlines() if "loss = " in line]
        scores.append(lines)
    assert scores[0] == scores[1], "the set that the results are of, unless another is named"
    assert scores[0] != scores[2]
    for flags in (["-run", str(folder)], ["-zoo", "shades"]):
        capsys.readouterr()
        assert main(["evaluate", *flags]) == 0
        out = capsys.readouterr().out
        assert "accuracy  100.0000%" in out
        assert "dark" in out


def test_moved_data_are_named_with_the_layer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAYERZOO_HOME", str(folder / "home"))
    moved = (folder / "photos").rename(folder / "moved")
    try:
        assert main(["test", "-zoo", "shades"]) == 2
        message = capsys.readouterr().err
        assert f"'{folder}/photos' can't be opened" in message
        assert "(layer 'data')" in message
        set_both = ["-set", f"net.layer[data].folder_data_param.source={moved}"]
        assert main(["test", "-zoo", "shades", *set_both]) == 0
        assert guesses(capsys, "-zoo", "shades", str(moved / "dark/1.png")) == ["dark"], "needs no data"
    finally:
        moved.rename(folder / "photos")


def test_run_is_tested_on_the_set_that_scores_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder.parent)
    capfd.readouterr()
    assert main(["test", "-run", str(folder)]) == 0
    lines = capfd.readouterr().err
    assert "accuracy = 1" in lines
    assert "best/weights" in lines
    assert main(["evaluate", "-run", str(folder), "-json"]) == 0
    count = json.loads(capfd.readouterr().out)["samples"]
    assert lines.count("Batch") == 2 * -(-count // 16), "accuracy and loss of each batch of the part test"
    assert main(["test", "-run", str(folder), "-weights", "x"]) == 2
    assert "-run has weights of its own" in capfd.readouterr().err


def test_exactly_one_net_is_named() -> None:
    with pytest.raises(UsageError, match="-zoo, -run or -model is required"):
        check_one_net(None, None, None, [])
    with pytest.raises(UsageError, match="-zoo and -run exclude each other"):
        check_one_net("a", "b", None, [])
    with pytest.raises(UsageError, match="-run has weights of its own"):
        check_one_net(None, "b", None, ["w"])


def test_config_needs_weights(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["classify", "-model", str(folder / "net.yaml"), "x.png"]) == 2
    assert "-weights is required, too" in capsys.readouterr().err
