"""Native snapshots whose checksums are right: what a stranger can write as well as the program."""

from __future__ import annotations

import hashlib
import json
import shutil
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from layerzoo.loader import parse_solver
from layerzoo.snapshot import find_newest, read_snapshot, verify_snapshot, weights_to_publish
from layerzoo.solver import Solver
from tests.fuzz.kinds import kind
from tests.fuzz.mutations import mutate_bytes, mutate_json
from tests.fuzz.readers.seeds import NET

_TEXT = "state.json"


_SETTINGS = """base_lr: 0.1 lr_policy: "plateau" gamma: 0.5 plateau_param { patience: 2 } max_iter: 3
momentum: 0.9 test_iter: 1 test_interval: 1 test_initialization: false display: 0 random_seed: 1
ema_param { decay: 0.5 } early_stopping_param { patience: 3 } keep_param { last: 1 best: 1 }
"""


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="fuzz-solver-")


@cache
def solver() -> Solver:
    """The solver that snapshots are restored into."""
    prefix = json.dumps(str(Path(_folder().name) / "run"))
    text = f"{_SETTINGS} snapshot_prefix: {prefix} net_param {{ {NET} }}"
    return Solver(parse_solver(text, format="prototxt"), device="cpu")


@cache
def snapshot() -> dict[str, bytes]:
    """The files of a snapshot."""
    made = solver()
    made.step(1)
    path = made.snapshot()
    assert path is not None
    return {file.name: file.read_bytes() for file in sorted(path.iterdir())}


def _seal(text: Any) -> bytes:
    """The JSON of a snapshot with the checksum that a reader expects."""
    if not isinstance(text, dict):
        return json.dumps(text).encode()
    text.pop("checksum", None)
    canonical = json.dumps(text, sort_keys=True, separators=(",", ":"))
    return json.dumps({**text, "checksum": hashlib.sha256(canonical.encode()).hexdigest()}).encode()


def _state(random: Random) -> bytes:
    text = json.loads(snapshot()[_TEXT]) | {"config": NET}  # the folder in the config is temporary
    words = [*text, *text["parts"], *text["files"], "../x", "/dev/zero", "0"]
    text = mutate_json(random, text, words)
    try:
        return _seal(text)
    except (ValueError, RecursionError, TypeError):
        return b"[" * 3000


@kind("snapshot", _state, share=1.5)
def read_state_json(data: bytes, folder: Path) -> None:
    """A snapshot with another ``state.json`` is verified, read and restored."""
    _read(folder, {**snapshot(), _TEXT: data})


def _file(random: Random) -> bytes:
    name = random.choice([name for name in snapshot() if name != _TEXT])
    return name.encode() + b"\n" + mutate_bytes(random, snapshot()[name])


@kind("snapshot-file", _file)
def read_file(data: bytes, folder: Path) -> None:
    """A snapshot with another file of tensors, whose checksum is right, is read and restored."""
    name, _, content = data.partition(b"\n")
    key = name.decode("ascii", "replace")
    text = json.loads(snapshot()[_TEXT])
    if key not in text["files"]:
        return
    text["files"][key] = hashlib.sha256(content).hexdigest()
    _read(folder, {**snapshot(), key: content, _TEXT: _seal(text)})


def _read(folder: Path, files: dict[str, bytes]) -> None:
    path = folder / "iter_1"
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    newest = find_newest(folder)
    verify_snapshot(path)
    assert newest == path, "verified, but not found as the newest"
    weights_to_publish(path)
    read_snapshot(path)
    solver().restore(path)
    shutil.rmtree(path)
