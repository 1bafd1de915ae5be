"""Compare reading training data with torch's DataLoader over Pillow or lmdb.

    python -m benchmarks.data [-cases jpeg,lenet,lmdb256,cached] [-rounds 9] [-seconds 2] [-cores 2]
        [-batch N] [-out FILE]

Files are made in a temporary folder: photos are drawn and stored as JPEG, databases hold random bytes. The
DataLoader reads them as tutorials have it (`benchmarks.peers.loaders`), with a process for each core, and
with none, in its own process; Layerzoo chooses its processes itself, as many as there are cores at most,
beside the one that reads a database. All run on the same cores, each in processes of its own; they take
turns, each for a block of batches while the others wait. No net is trained: batches are taken as fast as
they come.

A figure is the DataLoader's time over Layerzoo's, so above 1 Layerzoo is faster: the median over the rounds,
and the quartiles, of the clock, and of CPU time of all processes. The goal is for the faster DataLoader.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from benchmarks.data_worker import CASES
from layerzoo.data.datum import write_datums

ROOT: Final = Path(__file__).parents[1]
_PHOTOS: Final = 128
_CLASSES: Final = 4
_WARM_UP: Final = 2.5
"""Seconds of reading before the first block: more than Layerzoo takes to choose its processes."""


def draw_photos(folder: Path) -> Path:
    """Write JPEG files of 500 x 375 pixels, of smooth colours and noise, in a folder for each class."""
    rng = np.random.default_rng(0)
    for number in range(_PHOTOS):
        colours = rng.integers(0, 256, (30, 40, 3), np.uint8)
        smooth = np.asarray(Image.fromarray(colours).resize((500, 375), Image.Resampling.BICUBIC))
        noisy = smooth + rng.integers(-8, 9, smooth.shape)
        place = folder / f"class{number % _CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(place / f"{number:04d}.jpg", quality=90)
    return folder


def write_database(folder: Path, count: int, shape: Sequence[int]) -> Path:
    """Write an LMDB of Datums of random bytes."""
    rng = np.random.default_rng(0)
    write_datums(
        folder, rng.integers(0, 256, (count, *shape), np.uint8), [index % 10 for index in range(count)]
    )
    return folder


class Contestant:
    """A process that reads batches of a case.

    Args:
        case: the case.
        folder: its files.
        who: layerzoo, or the number of the DataLoader's processes.
        cores: number of processor cores.
        batch: samples of a batch.

    Attributes:
        processes: those that it has started.
    """

    def __init__(self, case: str, folder: Path, who: str, cores: int, batch: int) -> None:
        command = [
            sys.executable,
            "-m",
            "benchmarks.data_worker",
            case,
            str(folder),
            who,
            str(cores),
            str(batch),
        ]
        path = os.pathsep.join((str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])))
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
        self.processes = 0
        self._line()

    def read(self, batches: int) -> tuple[float, float]:
        """Read so many batches; seconds of the clock and of the processors for one."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{batches}\n")
        self.process.stdin.flush()
        wall, cpu, processes = self._line().split()
        self.processes = int(processes)
        return float(wall), float(cpu)

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args}: ended with {self.process.wait()}")
        return line

    def close(self) -> None:
        """End the process, and with it those that it started."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def quartiles(values: Sequence[float]) -> dict[str, Any]:
    """Median and quartiles."""
    ordered = sorted(values)
    edges = [round(ordered[len(ordered) // 4], 3), round(ordered[3 * len(ordered) // 4], 3)]
    return {"median": round(statistics.median(ordered), 3), "quartiles": edges}


def compare(contestants: Mapping[str, Contestant], batch: int, rounds: int, seconds: float) -> dict[str, Any]:
    """Alternate blocks of batches; times of the DataLoaders as ratios to Layerzoo's."""
    blocks: dict[str, int] = {}
    for who, each in contestants.items():
        end, count = time.monotonic() + _WARM_UP, 8
        while time.monotonic() < end:
            last = each.read(count)[0]
            count = min(4096, max(8, round(_WARM_UP / last / 2)))
        blocks[who] = max(8, round(seconds / last))
    times: dict[str, list[tuple[float, float]]] = {who: [] for who in contestants}
    order = list(contestants)
    for turn in range(rounds):
        for who in order[turn % len(order) :] + order[: turn % len(order)]:
            wall, cpu = contestants[who].read(blocks[who])
            times[who].append((wall / batch, cpu / batch))
    figures: dict[str, Any] = {}
    for who, pairs in times.items():
        figures[who] = {
            "processes": contestants[who].processes,
            "samples a second": round(1 / statistics.median(wall for wall, _ in pairs)),
            "CPU us a sample": round(1e6 * statistics.median(cpu for _, cpu in pairs), 1),
        }
        if who != "layerzoo":
            for which, place in (("wall", 0), ("CPU", 1)):
                ratios = [a[place] / b[place] for a, b in zip(pairs, times["layerzoo"], strict=True)]
                figures[who][which] = quartiles(ratios)
    return figures


def show(name: str, figures: Mapping[str, Any], batch: int) -> None:
    """Print a case."""
    case = CASES[name]
    print(f"{name}: {case.about}, batches of {batch}; goal {case.goal:g}")
    for who, row in figures.items():
        label = who if who == "layerzoo" else f"DataLoader, {who} processes"
        label += f" (+{row['processes']})" if who == "layerzoo" else ""
        text = f"  {label:<25} {row['samples a second']:>8,} samples/s {row['CPU us a sample']:>9,.1f} us CPU"
        for which in ("wall", "CPU"):
            if which in row:
                low, high = row[which]["quartiles"]
                text += f"  {which} {row[which]['median']:.2f} ({low:.2f} to {high:.2f})"
        print(text, flush=True)


def versions() -> dict[str, str | None]:
    """The versions of the libraries that decode, resize and read."""
    found: dict[str, str | None] = {}
    for name in ("torch", "numpy", "pillow", "lmdb", "protobuf", "simplejpeg", "opencv-python-headless"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def main() -> None:
    """Measure, print the figures, and write them to the file of ``-out``."""
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("-cases", default=",".join(CASES))
    parser.add_argument("-rounds", type=int, default=9)
    parser.add_argument("-seconds", type=float, default=2.0, help="of a block")
    parser.add_argument("-cores", type=int, default=min(2, len(os.sched_getaffinity(0))))
    parser.add_argument("-batch", type=int, help="samples of a batch in place of each case's own")
    parser.add_argument("-out", type=Path)
    args = parser.parse_args()
    results: dict[str, Any] = {
        "command": "python -m benchmarks.data " + " ".join(sys.argv[1:]),
        "cores": f"{args.cores} of {os.cpu_count()}",
        "load before": round(os.getloadavg()[0], 2),
        "versions": versions(),
        "cases": {},
    }
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name in args.cases.split(","):
            batch = args.batch or CASES[name].batch
            if name in ("jpeg", "cached"):
                source = folder / "photos"
                if not source.exists():
                    draw_photos(source)
            else:
                count, shape = (10_000, (1, 28, 28)) if name == "lenet" else (512, (3, 256, 256))
                source = write_database(folder / name, count, shape)
            contestants: dict[str, Contestant] = {}
            try:
                for who in ("layerzoo", str(args.cores), "0"):
                    contestants[who] = Contestant(name, source, who, args.cores, batch)
                figures = compare(contestants, batch, args.rounds, args.seconds)
            finally:
                for each in contestants.values():
                    each.close()
            results["cases"][name] = figures
            show(name, figures, batch)
    results["load after"] = round(os.getloadavg()[0], 2)
    if args.out:
        args.out.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
