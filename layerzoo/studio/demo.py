"""The folder of ``layerzoo studio -demo``: finished runs on digits, made of entries of the shipped zoo.

``python -m layerzoo.studio.demo FOLDER`` adds their snapshots; that takes torch, which the server lacks.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from layerzoo.atomic import atomic_path
from layerzoo.home import PACKAGE
from layerzoo.runs import CONFIG, METRICS, SUFFIX, open_run

ENTRIES: Final = ("lenet-digits", "mlp-digits")
_FILES: Final = (METRICS, CONFIG, "net.prototxt", "labels.txt")
_SCORE: Final = "accuracy"


def prepare(folder: Path) -> Path:
    """Write the runs into a folder, those that are not there yet, and have their snapshots added.

    Returns:
        the folder.

    Raises:
        OSError: they can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in ENTRIES:
        run = _run(folder, name)
        if not run.exists():
            with atomic_path(run) as temporary:
                temporary.mkdir()
                for file in _FILES:
                    shutil.copy(_entry(name) / file, temporary / file)
    if not all((_run(folder, name) / "best").exists() for name in ENTRIES):
        command = [sys.executable, "-m", "layerzoo.studio.demo", str(folder)]
        subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    return folder


def add_snapshots(folder: Path) -> None:
    """Write the best snapshot of each run.

    Raises:
        OSError: they can't be written.
    """
    from layerzoo import weights
    from layerzoo.snapshot import BestScore, Snapshot, write_best

    for name in ENTRIES:
        run = open_run(_run(folder, name))
        assert run.solver is not None
        score, iteration = run.best[_SCORE]
        snapshot = Snapshot(
            iteration,
            run.solver.type,
            weights.read(_entry(name) / "weights.safetensors"),
            score=score,
            config=(run.path / CONFIG).read_text(),
            class_names=(run.path / "labels.txt").read_text().split(),
        )
        write_best(run.path, snapshot, BestScore(_SCORE, score, True, 0, "digits (test)"))


def _run(folder: Path, name: str) -> Path:
    return folder / f"{name}{SUFFIX}"


def _entry(name: str) -> Path:
    return PACKAGE / "model_zoo" / name / "1"


if __name__ == "__main__":
    add_snapshots(Path(sys.argv[1]))
