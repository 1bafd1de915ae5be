"""Training from an LMDB that is cut, and with a process that reads it killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from layerzoo import weights
from layerzoo.cli.main import main
from layerzoo.data import records, write_datums
from layerzoo.reader import database

SOLVER = """
net_param {{
  layer {{ name: "data" type: "Data" top: "data" top: "label"
    data_param {{ source: "{folder}/db" batch_size: 8 backend: LMDB }} }}
  layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip"
    inner_product_param {{ num_output: 3 weight_filler {{ type: "xavier" }} }} }}
  layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" }}
}}
base_lr: 0.0001 lr_policy: "fixed" max_iter: {iterations} random_seed: 5 solver_mode: CPU
snapshot: 20 snapshot_prefix: "{folder}/{name}" snapshot_format: HDF5
"""
PATIENCE = 60.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    images = np.random.default_rng(0).integers(0, 256, (20_000, 1, 8, 8), np.uint8)
    write_datums(tmp_path / "db", images, [index % 3 for index in range(len(images))])
    return tmp_path


def train(folder: Path, name: str, iterations: int) -> int:
    solver = folder / f"{name}.prototxt"
    solver.write_text(SOLVER.format(folder=folder, name=name, iterations=iterations))
    return main(["train", "-solver", str(solver)])


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Path, Callable[[], None]], None]]:
    """Runs a function in a thread once a file exists."""
    threads: list[threading.Thread] = []

    def start(file: Path, function: Callable[[], None]) -> None:
        def wait() -> None:
            end = time.monotonic() + PATIENCE
            while not file.exists() and time.monotonic() < end:
                time.sleep(0.005)
            function()

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


Meanwhile = Callable[[Path, Callable[[], None]], None]


def test_file_that_is_cut_ends_the_training_with_4_and_its_snapshot(
    folder: Path, meanwhile: Meanwhile, capsys: pytest.CaptureFixture[str]
) -> None:
    meanwhile(folder / "cut_iter_40.caffemodel.h5", lambda: os.truncate(folder / "db/data.mdb", 8192))
    assert train(folder, "cut", 1_000_000) == 4
    assert "to 8192 bytes while it was read; copy it again" in capsys.readouterr().err
    assert weights.read(folder / "cut_iter_40.caffemodel.h5")["ip"][0].shape == (3, 64)


def test_killed_reader_does_not_change_the_result(
    folder: Path, meanwhile: Meanwhile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(database, "_BYTES_AHEAD", 2000)
    assert train(folder, "calm", 100) == 0

    def kill() -> None:
        for opened in list(records._OPEN["lmdb"]._open.values()):
            if opened._reader.usable:
                os.kill(opened._reader.pid, signal.SIGKILL)

    meanwhile(folder / "killed_iter_20.caffemodel.h5", kill)
    assert train(folder, "killed", 100) == 0
    assert "was killed by SIGKILL; started again" in capsys.readouterr().err
    calm, killed = (weights.read(folder / f"{name}_iter_100.caffemodel.h5") for name in ("calm", "killed"))
    assert all((a == b).all() for a, b in zip(calm["ip"], killed["ip"], strict=True))
