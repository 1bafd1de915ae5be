"""The nets that the project was designed for run as they are written: each trains on data of its own."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from layerzoo.cli.main import main
from layerzoo.data.vocabulary import build, write_vocabulary
from layerzoo.loader import parse_solver
from layerzoo.net import Net
from layerzoo.solver import Solver


def _texts(folder: Path) -> None:
    """Sentences and their translations: the same words in reverse order; the longest has 50."""
    rng = random.Random(0)
    sentences = [
        [f"w{rng.randrange(60)}" for _ in range(50 if n == 0 else rng.randint(3, 20))] for n in range(64)
    ]
    for name, order in (("en", 1), ("de", -1)):
        lines = [" ".join(sentence[::order]) for sentence in sentences]
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
        write_vocabulary(build(lines, "WORDS", 8000), folder / f"{name}.vocab")


def _book(folder: Path) -> None:
    (folder / "text.txt").write_text("the lion sleeps at noon.\nthe apes don't.\nwho does?\n" * 20)


def _hdf5(folder: Path, name: str, **blobs: object) -> None:
    with h5py.File(folder / f"{name}.h5", "w") as file:
        for key, value in blobs.items():
            file[key] = np.asarray(value, np.float32)
    (folder / f"{name}.txt").write_text(f"{name}.h5\n")


def _facts(folder: Path) -> None:
    rng = np.random.default_rng(0)
    _hdf5(
        folder,
        "facts",
        key_words=rng.integers(0, 5000, (64, 50, 3)),
        value_words=rng.integers(0, 5000, (64, 50)),
        question=rng.integers(0, 5000, (64, 4)),
        mask=np.arange(50) < rng.integers(1, 51, (64, 1)),
        answer=rng.integers(0, 5000, 64),
    )


def _clouds(folder: Path) -> None:
    rng = np.random.default_rng(0)
    _hdf5(folder, "modelnet", points=rng.normal(size=(32, 3, 1024)), label=rng.integers(0, 40, 32))


def _nothing(folder: Path) -> None:
    """Digits come with Layerzoo."""


@pytest.fixture
def sketches(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the sketches."""
    for path in (shared / "sketches").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data", "iterations", "rate", "falls_to"),
    [
        ("key_value_memory", _facts, 12, 0.01, 0.6),
        ("pointnet", _clouds, 6, 0.001, 0.9),
        ("seq2seq_attention", _texts, 6, 0.003, 0.9),
        ("transformer_lm", _book, 8, 0.002, 0.8),
        ("vae", _nothing, 30, 0.002, 0.6),
    ],
)
def test_sketch_trains(
    name: str, data: Callable[[Path], None], iterations: int, rate: float, falls_to: float, sketches: Path
) -> None:
    data(sketches)
    text = f'net: "{name}.prototxt" type: "Adam" base_lr: {rate} lr_policy: "fixed" max_iter: {iterations} '
    solver = Solver(
        parse_solver(text + "random_seed: 1 solver_mode: CPU snapshot_after_train: false").message
    )
    losses = []
    for _ in range(iterations):
        solver.step(1)
        losses.append(solver.loss)
    assert np.isfinite(losses).all()
    assert losses[-1] < falls_to * losses[0], losses


@pytest.mark.slow
def test_gan_sketch_takes_turns(sketches: Path) -> None:
    flags = ["-set", "max_iter=4", "-set", "display=1", "-set", "random_seed=1", "-gpu", "none"]
    assert main(["train", "-solver", "gan_solver.prototxt", *flags]) == 0
    assert (sketches / "gan.run" / "metrics.jsonl").read_text().count("discriminate") >= 1


@pytest.mark.slow
def test_translation_runs_freely_in_test(sketches: Path) -> None:
    """In TEST a word depends on the words chosen before, not on the right ones."""
    _texts(sketches)
    net = Net("seq2seq_attention.prototxt", "TEST", seed=3)
    first = net()
    scores = net.blobs["scores"]
    assert scores.shape == (32, net.blobs["word_in"].shape[1], 8000)
    feed = net.fetch(0)
    (sketches / "de.txt").write_text(
        "".join(f"{line}\n" for line in reversed((sketches / "de.txt").read_text().splitlines()))
    )
    other = Net("seq2seq_attention.prototxt", "TEST", seed=3)
    other()
    first_word = torch.equal(other.blobs["word_in"][:, 0], net.blobs["word_in"][:, 0])
    assert first_word, "every sentence begins with the same mark"
    torch.testing.assert_close(other.blobs["scores"], scores)
    assert feed is not None
    assert first.keys() == {"loss"}


@pytest.mark.slow
def test_language_model_runs_at_any_length_and_generates(sketches: Path) -> None:
    _book(sketches)
    net = Net("transformer_lm.prototxt", "TEST", stages=["deploy"], seed=3)
    tokens = torch.arange(60.0).reshape(2, 30)
    whole = net(token=tokens)["score"]
    assert whole.shape == (2, 30, 96)
    torch.testing.assert_close(net(token=tokens[:, :7])["score"], whole[:, :7], rtol=1e-4, atol=1e-5)
