"""The shipped entries: intact, with the scores on their cards, and reproducible by one command."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from layerzoo import solver
from layerzoo.cli.main import main
from layerzoo.data.datasets.shapes import NAMES, Drawn, draw
from layerzoo.engine import test_step as step
from layerzoo.loader import load_solver
from layerzoo.net import Net
from layerzoo.zoo import WEIGHTS, Entry, LocalZoo, entry_net, load
from layerzoo.zoo.regions import detect_each, segment_each

ROOT = Path(__file__).parent.parent
RESULTS = {
    "autoencoder-digits": {"error": 0.9810, "loss": 260.14},
    "char-lstm": {"accuracy": 0.8516, "loss": 0.5921},
    "char-transformer": {"accuracy": 0.8417, "loss": 0.5910},
    "faster-rcnn-shapes": {"mean_average_precision": 0.8840},
    "lenet-digits": {"accuracy": 0.9722, "loss": 0.1233},
    "mlp-digits": {"accuracy": 0.9806, "loss": 0.0943},
    "ssd-shapes": {"mean_average_precision": 0.9982},
    "unet-shapes": {"mean_iou": 0.9339, "loss": 0.0328},
    "yolov3-shapes": {"mean_average_precision": 0.9312},
}
SHORT = {
    "faster-rcnn-shapes": (600, "mean_average_precision", 0.3),
    "ssd-shapes": (150, "mean_average_precision", 0.5),
    "unet-shapes": (200, "mean_iou", 0.22),
    "yolov3-shapes": (150, "mean_average_precision", 0.2),
}
"""Entries that train for minutes: a number of iterations, a score, and what it is above by then.
`scripts/reproduce` trains them whole."""
WHOLE = [name for name in RESULTS if name not in SHORT or os.environ.get("LAYERZOO_LONG")]
ALPHABET = "\n abcdefghijklmnopqrstuvwxyz.,;'-"


def shipped(name: str) -> Entry:
    return next(entry for entry in LocalZoo().shipped_entries() if entry.name == name)


def score(net: Net, ap_version: str) -> dict[str, float]:
    values = solver.Tester(net, None, ap_version).run(step).values
    return {name: value[0] for name, value in values.items()}


def test_shipped_entries_are_listed() -> None:
    assert sorted(entry.name for entry in LocalZoo().shipped_entries()) == sorted(RESULTS)
    assert sum(entry.size for entry in LocalZoo().shipped_entries()) < 11_000_000


@pytest.mark.parametrize("name", RESULTS)
def test_shipped_entry_verifies_and_matches_its_golden_outputs(name: str) -> None:
    entry = shipped(name)
    entry.verify()
    load(entry)
    assert entry.manifest["license"] == "BSD-2-Clause"
    assert f"    {entry.manifest['command']}\n" in entry.file("README.md").read_text("utf-8")


@pytest.mark.parametrize("name", RESULTS)
def test_shipped_entry_reaches_the_score_on_its_card(name: str) -> None:
    entry = shipped(name)
    net = Net(entry_net(entry), "TEST", weights=entry.file(WEIGHTS))
    found = score(net, load_solver(entry.file("solver.prototxt")).message.ap_version)
    assert found == pytest.approx(entry.manifest["results"], rel=1e-3)
    assert found == pytest.approx(RESULTS[name], rel=1e-3)


def test_shipped_entries_contain_no_machine_specific_text() -> None:
    for entry in LocalZoo().shipped_entries():
        for name in entry.files:
            if not name.endswith(".safetensors"):
                text = entry.file(name).read_text("utf-8")
                assert not re.search(r"/(tmp|home|work|root|Users)/", text), (entry.address, name)


def test_character_lstm_data_encodes_its_text() -> None:
    for text, packed, streams in (("text", "train", 8), ("held_out", "test", 4)):
        ids = [ALPHABET.index(c) for c in (ROOT / f"configs/char_lstm_{text}.txt").read_text("utf-8")]
        with h5py.File(ROOT / f"configs/char_lstm_{packed}.h5") as file:
            data, cont, target = (np.asarray(file[key]) for key in ("data", "cont", "target"))
        steps = (len(ids) - 1) // streams // 32 * 32
        assert data.shape == cont.shape == target.shape == (steps, streams)
        assert data.T.ravel().tolist() == ids[: steps * streams]
        assert target.T.ravel().tolist() == ids[1 : steps * streams + 1]
        assert (cont[0] == 0).all()
        assert (cont[1:] == 1).all()


def test_character_lstm_generates_words_of_its_text() -> None:
    """The net continues a prompt with words of its training text."""
    import torch

    net = load(shipped("char-lstm")).net
    text = "in the evening she counts the "
    with torch.no_grad():
        data = torch.tensor([[float(ALPHABET.index(c))] for c in text])
        cont = torch.ones_like(data)
        cont[0] = 0
        for _ in range(40):
            best = int(net(data=data, cont=cont)["prob"][-1, 0].argmax())
            text += ALPHABET[best]
            data, cont = torch.tensor([[float(best)]]), torch.ones(1, 1)
    words = set((ROOT / "configs/char_lstm_text.txt").read_text("utf-8").split())
    written = text.split()[6:-1]
    assert len(written) >= 5
    assert sum(word in words for word in written) >= len(written) - 1, text


def drawn(number: int) -> tuple[Drawn, Image.Image]:
    """A picture that is in neither split of the data set, and what it shows."""
    one = draw((7, number), 96, 4)
    return one, Image.fromarray(one.image[::-1].transpose(1, 2, 0))


def test_shipped_detector_detects_what_new_pictures_show(tmp_path: Path) -> None:
    detector = load(shipped("ssd-shapes"))
    paths, objects = [], []
    for number in range(16):
        one, picture = drawn(number)
        paths.append(tmp_path / f"{number}.png")
        picture.save(paths[-1])
        objects.append(one.boxes)
    more = 0
    for (_, detections), boxes in zip(detect_each(detector, paths), objects, strict=True):
        assert not isinstance(detections, Exception)
        more += len(detections) - len(boxes)
        for label, *sides in boxes.tolist():
            own = [one for one in detections if one.label == NAMES[int(label) - 1]]
            off = [max(abs(np.array([d.left, d.top, d.right, d.bottom]) - sides)) for d in own]
            assert min(off, default=1) < 0.1, "each side within a tenth of the picture"
    assert more <= 3, "a second class for an object, now and then"


def test_shipped_u_net_segments_a_new_picture(tmp_path: Path) -> None:
    one, picture = drawn(1)
    picture.save(tmp_path / "one.png")
    ((_, found),) = segment_each(load(shipped("unet-shapes")), [tmp_path / "one.png"])
    assert not isinstance(found, Exception)
    assert (found.mask == one.mask).mean() > 0.97
    assert {"background", *(NAMES[int(box[0]) - 1] for box in one.boxes)} <= set(found.labels.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", WHOLE)
def test_card_command_reproduces_the_entry(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = shipped(name)
    again = trained(entry, [], tmp_path, monkeypatch)
    known = entry.manifest["results"]
    for metric in {"accuracy", "mean_average_precision", "mean_iou"} & known.keys():
        assert again[metric] > known[metric] - 0.015
    if "loss" in known:
        assert again["loss"] == pytest.approx(known["loss"], rel=0.25)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_card_command_learns_in_few_iterations(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iterations, metric, least = SHORT[name]
    changes = ["-set", f"max_iter={iterations}", "-set", f"test_interval={iterations}"]
    assert trained(shipped(name), changes, tmp_path, monkeypatch)[metric] > least


def trained(
    entry: Entry, changes: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, float]:
    """The results of the command on an entry's card, run in a folder."""
    monkeypatch.setenv("LAYERZOO_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)
    command = shlex.split(entry.manifest["command"])
    assert command[0] == "layerzoo"
    assert main([*command[1:], *changes, "-gpu", "none", "-publish", "again"]) == 0
    results: dict[str, float] = LocalZoo().get("again").manifest["results"]
    return results
