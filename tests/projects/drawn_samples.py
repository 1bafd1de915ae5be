"""Rows, texts and sequences to train on, and new ones of each kind with what they are."""

from __future__ import annotations

import csv
from pathlib import Path

import h5py
import numpy as np


def write_table(path: Path, count: int = 240, seed: int = 3) -> Path:
    """Things that are large or small; the largest half of them, if they are of kind a."""
    rng = np.random.default_rng(seed)
    size, kind = rng.normal(10, 4, count), rng.choice(["a", "b"], count)
    label = np.where(size + 5 * (kind == "a") > 12, "large", "small")
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("size", "kind", "class"), *zip(size.round(3), kind, label, strict=True)])
    return path


def new_rows(folder: Path) -> list[tuple[str, str]]:
    (folder / "new.csv").write_text("kind,size\na,19\nb,2\n")
    return [(f"{folder / 'new.csv'}:{line}", label) for line, label in ((2, "large"), (3, "small"))]


def write_hdf5(path: Path) -> Path:
    x = np.random.default_rng(4).normal(size=(240, 5)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file["features"], file["y"] = x, (x[:, 0] + x[:, 1] > 0).astype(np.int64)
    return path


def new_hdf5(folder: Path) -> list[tuple[str, str]]:
    with h5py.File(folder / "new.h5", "w") as file:
        file["features"] = np.array([[2, 2, 0, 0, 0], [-2, -2, 0, 0, 0]], np.float32)
    return [(f"{folder / 'new.h5'}: row {row}", label) for row, label in ((0, "1"), (1, "0"))]


GOOD, BAD = ("great", "kind", "lovely"), ("awful", "rude", "dull")


def write_lines(path: Path) -> Path:
    rng = np.random.default_rng(5)
    with path.open("w") as file:
        for number in range(240):
            label, words = (("good", GOOD), ("bad", BAD))[number % 2]
            file.write(f"{label}\tthe film number {number} was {rng.choice(words)} to me\n")
    return path


def new_line(folder: Path) -> list[tuple[str, str]]:
    return [("the film was awful to me", "bad")]


def write_texts(path: Path) -> Path:
    rng = np.random.default_rng(5)
    for label, words in (("good", GOOD), ("bad", BAD)):
        (path / label).mkdir(parents=True)
        for number in range(120):
            (path / label / f"{number}.txt").write_text(f"film {number}\nwas {rng.choice(words)}\nto me\n")
    return path


def new_text(folder: Path) -> list[tuple[str, str]]:
    (folder / "new.txt").write_text("film\nwas lovely\nto me\n")
    return [(str(folder / "new.txt"), "good")]


def write_steps(path: Path) -> Path:
    """Sequences that rise or fall, with noise."""
    rng = np.random.default_rng(9)
    with path.open("w") as file:
        file.write("sequence,height,label\n")
        for number in range(200):
            slope = 1 if number % 2 else -1
            for step in range(int(rng.integers(6, 12))):
                file.write(f"{number},{slope * step + rng.normal():.3f},{['fall', 'rise'][number % 2]}\n")
    return path


def new_steps(folder: Path) -> list[tuple[str, str]]:
    rows = [f"{name},{sign * step}" for name, sign in (("up", 1), ("down", -1)) for step in range(8)]
    (folder / "new.csv").write_text("\n".join(["sequence,height", *rows]) + "\n")
    return [("up", "rise"), ("down", "fall")]


def write_arrays(path: Path) -> Path:
    rng = np.random.default_rng(9)
    for label, sign in (("fall", -1), ("rise", 1)):
        (path / label).mkdir(parents=True)
        for number in range(100):
            steps = sign * np.arange(rng.integers(6, 12))[:, None] + rng.normal(size=(1, 2))
            np.save(path / label / f"{number}.npy", steps.astype(np.float32))
    return path


def new_array(folder: Path) -> list[tuple[str, str]]:
    np.save(folder / "new.npy", np.stack([np.arange(8.0)] * 2, 1))
    return [(str(folder / "new.npy"), "rise")]
