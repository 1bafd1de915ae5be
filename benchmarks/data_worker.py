"""Runs one contestant of `data.py`: reads numbers of batches from stdin, answers with seconds.

    python -m benchmarks.data_worker CASE FOLDER CONTESTANT CORES BATCH

An answer is a line: seconds of the clock for a batch, CPU seconds for one of this process and of those that
it started, and their number. Batches that have been read ahead are taken before the clock starts; CPU time
includes them, and the ones that are read ahead in their place. Layerzoo runs with what its command line sets
for a process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from layerzoo.heap import keep_freed_memory
from layerzoo.threads import wait_passively

if __name__ == "__main__" and sys.argv[3] == "layerzoo":
    wait_passively()  # before torch is imported
    keep_freed_memory()

from benchmarks.peers.loaders import Datums, Photos, loader
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TRAIN, NetState

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_QUIET: Final = 0.1
"""Seconds without CPU time after which nothing is read ahead any more."""
_LONGEST: Final = 5.0
_AHEAD: Final = 10
"""Batches that are ready when a block begins, at most."""
_JITTER: Final = "brightness: 0.4 contrast: 0.4 saturation: 0.4 hue: 0.1"
_NORMAL: Final = "mean_value: 104 mean_value: 117 mean_value: 123 scale: 0.017"


class Case(NamedTuple):
    """What is read.

    Attributes:
        batch: samples of a batch.
        goal: how many times as fast as the DataLoader Layerzoo should be.
        about: the case in a few words.
        layer: Layerzoo's data layer; {source} and {batch} stand for the folder and the batch size.
    """

    batch: int
    goal: float
    about: str
    layer: str


CASES: Final = {
    "jpeg": Case(
        32,
        1.8,
        "500x375 JPEGs, random resized crop, mirror, colour jitter",
        f"""type: "FolderData" folder_data_param {{{{ source: "{{source}}" batch_size: {{batch}} }}}}
        transform_param {{{{ force_color: true random_crop_param {{{{ size: 224 }}}} mirror: true
          color_jitter_param {{{{ {_JITTER} }}}} {_NORMAL} }}}}""",
    ),
    "lenet": Case(
        64,
        5,
        "LMDB, 28x28 Datums",
        """type: "Data" data_param {{ source: "{source}" batch_size: {batch} backend: LMDB }}
        transform_param {{ scale: 0.00390625 }}""",
    ),
    "lmdb256": Case(
        32,
        5,
        "LMDB, 3x256x256 Datums, random crop, mirror",
        """type: "Data" data_param {{ source: "{source}" batch_size: {batch} backend: LMDB }}
        transform_param {{ crop_size: 227 mirror: true
          mean_value: 104 mean_value: 117 mean_value: 123 }}""",
    ),
    "cached": Case(
        32,
        3,
        "500x375 JPEGs, cache: MEMORY, random crop, mirror",
        f"""type: "FolderData" folder_data_param {{{{ source: "{{source}}" batch_size: {{batch}} }}}}
        transform_param {{{{ force_color: true resize_param {{{{ height: 256 width: 256 }}}} crop_size: 224
          mirror: true {_NORMAL} }}}} reading_param {{{{ cache: MEMORY }}}}""",
    ),
}
"""The cases by name."""


def layerzoos(case: Case, source: Path, size: int) -> Iterator[Any]:
    """Batches of Layerzoo's data layer, endlessly."""
    text = f'layer {{ name: "data" top: "data" top: "label" {case.layer.format(source=source, batch=size)} }}'
    net = Net(graph_of(parse_net(text), NetState(phase=TRAIN)))
    batch = 0
    while True:
        yield net.fetch(batch)
        batch += 1


def dataloaders(name: str, source: Path, size: int, workers: int) -> Iterator[Any]:
    """Batches of torch's DataLoader, endlessly."""
    if name in ("jpeg", "cached"):
        photos = loader(Photos(source, augmented=name == "jpeg"), size, True, workers)
    else:
        crop = 0 if name == "lenet" else 227
        photos = loader(Datums(source, crop), size, False, workers)
    while True:
        yield from photos


def processes() -> list[int]:
    """The ids of this process and of those that descend from it."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended
            parents[int(entry.name)] = int(fields[1])
    found = [os.getpid()]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds() -> float:
    """Processor time of this process, of those that descend from it, and of those that have ended."""
    total = 0
    for pid in processes():
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def wait_until_quiet() -> None:
    """Wait until nothing is read ahead any more."""
    end, before = time.monotonic() + _LONGEST, cpu_seconds()
    while time.monotonic() < end:
        time.sleep(_QUIET)
        now = cpu_seconds()
        if now - before < 2 / _TICKS:
            return
        before = now


def main() -> None:
    """Answer until stdin ends."""
    name, folder, who = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    cores, size = int(sys.argv[4]), int(sys.argv[5])
    if who == "layerzoo":
        batches = layerzoos(CASES[name], folder, size)
    else:
        batches = dataloaders(name, folder, size, int(who))
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    print(name, flush=True)
    for line in sys.stdin:
        count, cpu = int(line), cpu_seconds()
        for _ in range(_AHEAD):
            next(batches)
        begun = time.perf_counter()
        for _ in range(count):
            next(batches)
        wall = time.perf_counter() - begun
        own = time.thread_time()
        wait_until_quiet()
        own = time.thread_time() - own
        print(wall / count, (cpu_seconds() - cpu - own) / (count + _AHEAD), len(processes()) - 1, flush=True)


if __name__ == "__main__":
    main()
