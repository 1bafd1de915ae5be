"""The shipped entries: intact, with the scores on their cards, and reproducible by one command."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo import solver
from layerzoo.cli.main import main
from layerzoo.engine import test_step as step
from layerzoo.net import Net
from layerzoo.zoo import WEIGHTS, Entry, LocalZoo, entry_net, load

ROOT = Path(__file__).parent.parent
RESULTS = {
    "autoencoder-digits": {"error": 0.9810, "loss": 260.14},
    "char-lstm": {"accuracy": 0.8516, "loss": 0.5921},
    "lenet-digits": {"accuracy": 0.9722, "loss": 0.1233},
    "mlp-digits": {"accuracy": 0.9806, "loss": 0.0943},
}
ALPHABET = "\n abcdefghijklmnopqrstuvwxyz.,;'-"


def shipped(name: str) -> Entry:
    return next(entry for entry in LocalZoo().shipped_entries() if entry.name == name)


def score(net: Net) -> dict[str, float]:
    return {name: values[0] for name, values in solver.Tester(net, None).run(step).values.items()}


def test_shipped_entries_are_listed() -> None:
    assert sorted(entry.name for entry in LocalZoo().shipped_entries()) == sorted(RESULTS)
    assert sum(entry.size for entry in LocalZoo().shipped_entries()) < 3_000_000


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
    found = score(Net(entry_net(entry), "TEST", weights=entry.file(WEIGHTS)))
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


@pytest.mark.slow
@pytest.mark.parametrize("name", RESULTS)
def test_card_command_reproduces_the_entry(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = shipped(name)
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    command = shlex.split(entry.manifest["command"])
    assert command[0] == "layerzoo"
    assert main([*command[1:], "-gpu", "none", "-publish", "again"]) == 0
    again = LocalZoo().get("again").manifest["results"]
    known = entry.manifest["results"]
    if "accuracy" in known:
        assert again["accuracy"] > known["accuracy"] - 0.015
    assert again["loss"] == pytest.approx(known["loss"], rel=0.25)
