"""Every reader of a file that a user or a config names refuses what is not a regular file."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.cli.main import main

NET = """name: "n"
layer {{ name: "d" type: "{type}" top: "x" top: "y" {field} {{ source: "{source}" batch_size: 1 }} {more} }}
"""
SOLVER = 'net: "{net}" base_lr: 0.1 lr_policy: "fixed" max_iter: 1 snapshot_prefix: "r"'
TINY = 'layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" batch_size: 2 } }'


@pytest.fixture(autouse=True)
def deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a FIFO, into which nothing is ever written."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")


def fields(kind: str, source: str = "fifo", more: str = "") -> str:
    field = {
        "ImageData": "image_data_param",
        "HDF5Data": "hdf5_data_param",
        "WindowData": "window_data_param",
    }
    return NET.format(type=kind, field=field.get(kind, "data_param"), source=source, more=more)


def write(name: str, text: str) -> str:
    Path(name).write_text(text)
    return name


CASES: dict[str, Callable[[], list[str]]] = {
    "net": lambda: ["check", "-model", "fifo"],
    "solver": lambda: ["check", "-solver", "fifo"],
    "net of a solver": lambda: ["check", "-solver", write("s.prototxt", SOLVER.format(net="fifo"))],
    "net of a solver on stdin": lambda: [
        "check",
        "-solver",
        write("s.prototxt", SOLVER.format(net="/dev/tty")),
    ],
    "weights": lambda: ["test", "-model", write("n.prototxt", TINY), "-weights", "fifo"],
    "snapshot": lambda: [
        *("train", "-solver", write("s.prototxt", SOLVER.format(net=write("n.prototxt", TINY)))),
        *("-snapshot", "fifo"),
    ],
    "list of images": lambda: ["check", "-model", write("n.prototxt", fields("ImageData"))],
    "image": lambda: [
        *("check", "-model", write("n.prototxt", fields("ImageData", write("l.txt", "fifo 1\n")))),
    ],
    "device": lambda: [
        *("check", "-model", write("n.prototxt", fields("ImageData", write("l.txt", "/dev/zero 1\n")))),
    ],
    "windows": lambda: [
        *("check", "-model"),
        write("n.prototxt", fields("WindowData", more="transform_param { crop_size: 2 }")),
    ],
    "list of HDF5 files": lambda: ["check", "-model", write("n.prototxt", fields("HDF5Data"))],
    "HDF5 file": lambda: [
        *("check", "-model", write("n.prototxt", fields("HDF5Data", write("l.txt", "fifo\n")))),
    ],
    "LMDB": lambda: ["check", "-model", write("n.prototxt", fields("Data"))],
    "mean": lambda: [
        *("check", "-model"),
        write(
            "n.prototxt",
            TINY.replace("dataset_param {", 'transform_param { mean_file: "fifo" } dataset_param {'),
        ),
    ],
    "upgrade": lambda: ["upgrade", "fifo", "out.prototxt"],
    "convert": lambda: ["convert", "fifo", "out.yaml"],
    "log": lambda: ["parse_log", "fifo", "."],
}


@pytest.mark.parametrize("case", CASES)
def test_command_ends_with_an_error_instead_of_waiting(case: str, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = CASES[case]()
    status: list[int] = []
    thread = threading.Thread(target=lambda: status.append(main(arguments)), daemon=True)
    thread.start()
    thread.join(60)
    assert status, f"{' '.join(arguments)} waits for the FIFO"
    log = capfd.readouterr().err
    assert status[0] in {1, 2, 4}
    assert "not a regular file" in log
    assert "Traceback" not in log
