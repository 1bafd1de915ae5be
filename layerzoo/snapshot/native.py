"""Read and write native snapshots: a folder ``iter_N`` of weights, other tensors and JSON.

::

    iter_500/
        weights.safetensors   params, named <layer>/<index> (<layer>/<name> in a submodule), of all nets of
                              the run; accepted by -weights. <layer>/2:<index> is of the second layer of a
                              name, since version 0.3; before, the last one of a name overwrote the others
        means.safetensors     averaged params in the same format, if the solver averages
        state.safetensors     history of the update rule, and tensors of the parts
        history/              of a sharded run: the rows of the history that each process held, see `shards`
        state.json            everything else, and the checksums of all files
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.blobs.named import ORDER, NamedBlobs, by_layer, flat, order_of
from layerzoo.blobs.safetensors_file import write_tensors
from layerzoo.blobs.sandboxed import sandboxed_names, sandboxed_tensors
from layerzoo.errors import SnapshotError
from layerzoo.reader import sandbox
from layerzoo.regular_file import open_regular
from layerzoo.snapshot.format_1 import upgrade_tensors, upgrade_text
from layerzoo.snapshot.shards import FOLDER, StoredShards, is_shard
from layerzoo.state_fields import (
    FLAG,
    ITERATION,
    NUMBER,
    OBJECT,
    STRING,
    Field,
    Fields,
    check_state,
    if_present,
    list_of,
    mapping_of,
    optional,
    whole,
)

WEIGHTS = "weights.safetensors"
MEANS = "means.safetensors"
STATE = "state.safetensors"
TEXT = "state.json"
FORMAT = 2
"""Version of the format; raised when older versions can't read it. 1 (before 0.2.0) can still be read."""
SHARDED = 3
"""The version of snapshots of sharded runs."""

_IN_FILES = ("weights", "history", "means", "parts")
_MAX_TEXT = 1 << 26
"""The largest ``state.json`` in bytes."""
_SHA256 = re.compile("[0-9a-f]{64}")
_CHECKSUM = Field("a SHA-256 in hexadecimal", lambda v: isinstance(v, str) and bool(_SHA256.fullmatch(v)))
_FIELDS: Fields = {
    "iteration": ITERATION,
    "solver_type": STRING,
    "publish_means": FLAG,
    "score": optional(NUMBER),
    "config": STRING,
    "threads": whole(1, 2**31 - 1),
    "processes": whole(1, 2**31 - 1),
    "versions": mapping_of(STRING),
    "class_names": if_present(list_of(STRING)),
    "inputs": if_present(STRING),
    "parts": mapping_of(OBJECT),
    "files": mapping_of(_CHECKSUM),
}
"""What ``state.json`` holds; other keys are ignored, since a later version may add them."""

Rows = Callable[[int, tuple[int, ...]], range | None]
"""Rows of a tensor of the history, by its index and shape; None are all."""
PartState = Mapping[str, Any]
"""State of one part of a run by name: JSON values and tensors."""


@dataclass
class Snapshot:
    """State of a run after an iteration.

    Attributes:
        iteration: number of updates made.
        solver_type: name of the update rule.
        weights: param blobs by layer name, in Caffe's order, and stored buffers.
        history: the update rule's tensors, in Caffe's order.
        means: averaged params by layer name, if the solver averages.
        publish_means: whether the averaged params are published instead of the weights.
        parts: state of each part of the run, by the part's name.
        score: test score of these params; None if they were not tested.
        config: resolved config of the solver, including its net.
        threads: number of CPU threads; a resumed run is bit-exact only with the same number.
        processes: number of processes that train together.
        versions: versions of the programs that wrote it, by name.
        class_names: names of the classes that the net tells apart, if its data has names.
        inputs: the data layer with what it learned from its source, empty if it has none.
    """

    iteration: int
    solver_type: str
    weights: Mapping[str, Sequence[Tensor]]
    history: Sequence[Tensor] = ()
    means: Mapping[str, Sequence[Tensor]] = field(default_factory=dict)
    publish_means: bool = False
    parts: Mapping[str, PartState] = field(default_factory=dict)
    score: float | None = None
    config: str = ""
    threads: int = field(default_factory=torch.get_num_threads)
    processes: int = 1
    versions: Mapping[str, str] = field(default_factory=lambda: {"torch": torch.__version__})
    class_names: Sequence[str] = ()
    inputs: str = ""


Shards = Callable[[Path], Mapping[str, str]]
"""Writes files into the folder of a snapshot; their checksums by name."""


def write_snapshot(
    folder: str | Path, snapshot: Snapshot, name: str = "", shards: Shards | None = None
) -> Path:
    """Write a snapshot into a folder of snapshots, replacing one of the same name.

    Args:
        folder: the folder of the snapshots.
        snapshot: the state of the run.
        name: name of the snapshot's folder; default ``iter_N``.
        shards: writes the history of a sharded run; that of the snapshot is what the shards don't hold, with
            empty tensors in their place.

    Returns:
        the folder of the snapshot.

    Raises:
        OSError: the snapshot can't be written; existing snapshots are left unchanged.
    """
    target = Path(folder) / (name or f"iter_{snapshot.iteration}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as path:
        path.mkdir()
        sums = {} if shards is None else shards(path)
        texts, tensors = _split(snapshot.parts)
        held = enumerate(snapshot.history)
        tensors |= {f"history/{i}": blob for i, blob in held if shards is None or blob.numel()}
        files = {WEIGHTS: flat(snapshot.weights), STATE: tensors}
        files |= {MEANS: flat(snapshot.means)} if snapshot.means else {}
        orders = {WEIGHTS: order_of(snapshot.weights), MEANS: order_of(snapshot.means)}
        for file, blobs in files.items():
            write_tensors(path / file, blobs, orders.get(file))
        text: dict[str, Any] = {
            f.name: getattr(snapshot, f.name) for f in fields(snapshot) if f.name not in _IN_FILES
        }
        text["parts"] = texts
        text["format"] = FORMAT if shards is None else SHARDED
        text["files"] = {file: checksum(path / file) for file in files} | dict(sums)
        (path / TEXT).write_text(_sealed(text), encoding="utf-8")
    return target


def set_score(path: str | Path, score: float) -> None:
    """Set the score of an existing snapshot, for a test that ran after it was written.

    Raises:
        SnapshotError: ``state.json`` is missing or damaged.
        OSError: ``state.json`` can't be written; it is left unchanged.
    """
    write_atomic(Path(path) / TEXT, _sealed(read_text(path) | {"score": score}))


def weights_to_publish(path: str | Path) -> Path:
    """The weights file to publish: the averaged params if the solver is configured so.

    Raises:
        SnapshotError: ``state.json`` is missing or damaged.
    """
    return Path(path) / (MEANS if read_text(path).get("publish_means") else WEIGHTS)


def read_snapshot(path: str | Path, rows: Rows | None = None) -> Snapshot:
    """Read a snapshot and verify its checksums; the tensors are on the CPU.

    Args:
        path: the snapshot.
        rows: of each tensor of the history, by its index and shape, the rows to read; None reads all rows,
            and the weights.

    Raises:
        SnapshotError: it is missing, incomplete, damaged, or written by a newer version.
    """
    path = Path(path)
    text = verify_snapshot(path)
    with _reading(path):
        weights = _load_blobs(path / WEIGHTS) if rows is None else {}
        state = _load_tensors(path / STATE)[0]
        means = _load_blobs(path / MEANS) if MEANS in text["files"] else {}
    parts = {name: dict(values) for name, values in text["parts"].items()}
    history: dict[str, Tensor] = {}
    for name, blob in upgrade_tensors(state).items():
        kind, _, rest = name.partition("/")
        if kind == "history":
            history[rest] = blob
        else:
            part, _, key = rest.partition("/")
            parts.setdefault(part, {})[key] = blob
    if rows is not None:
        wanted = {key: rows(int(key), tuple(blob.shape)) for key, blob in history.items() if key.isdecimal()}
        history |= {
            key: history[key][each.start : each.stop] for key, each in wanted.items() if each is not None
        }
    with StoredShards(_shards(path, text)) as stored:
        for name, shape in stored.shapes.items():
            if name in history or not name.isdecimal():
                raise SnapshotError(f"{path / FOLDER}: damaged: it has a tensor '{name}'")
            history[name] = stored.read(name, None if rows is None else rows(int(name), shape))
    known = {f.name for f in fields(Snapshot)} - set(_IN_FILES)
    return Snapshot(
        weights=weights,
        history=_in_order(history, path),
        means=means,
        parts=parts,
        **{name: value for name, value in text.items() if name in known},
    )


def verify_snapshot(path: str | Path) -> dict[str, Any]:
    """Check that a snapshot is complete and intact, without loading its tensors.

    Returns:
        the content of ``state.json``.

    Raises:
        SnapshotError: it is incomplete or damaged.
    """
    path = Path(path)
    text = read_text(path)
    for name, expected in text["files"].items():
        file = path / name
        try:
            actual = checksum(file)
        except OSError as error:
            raise SnapshotError(f"{file}: can't be read: {error.strerror}") from error
        if actual != expected:
            raise SnapshotError(f"{file}: damaged: its checksum differs from the one in {TEXT}")
    with _reading(path):
        StoredShards(_shards(path, text)).__exit__()
        for name in text["files"]:
            if is_shard(name):
                continue
            names, metadata = _names(path / name)
            if name != STATE:
                by_layer(dict.fromkeys(names), metadata.get(ORDER, ""))
    return text


def read_text(path: str | Path) -> dict[str, Any]:
    """Read ``state.json`` of a snapshot and verify its own checksum.

    Raises:
        SnapshotError: it is missing, damaged, or written by a newer version.
    """
    file = Path(path) / TEXT
    try:
        with open_regular(file, follow_links=False) as stored:
            data = stored.read(_MAX_TEXT + 1)
        if len(data) > _MAX_TEXT:
            raise SnapshotError(f"{file}: more than {_MAX_TEXT:,} bytes")
        text: dict[str, Any] = json.loads(data)
    except OSError as error:
        raise SnapshotError(f"{path}: not a snapshot: {TEXT} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{file}: damaged: {error}") from error
    if not isinstance(text, dict) or text.pop("checksum", None) != _text_checksum(text):
        raise SnapshotError(f"{file}: damaged: its checksum is wrong")
    check_state(text, {"format": whole(1, 2**31 - 1)}, str(file))
    if text["format"] > SHARDED:
        raise SnapshotError(f"{file}: written by a newer Layerzoo, in format {text['format']}")
    if text["format"] == 1:
        try:
            text = upgrade_text(text)
        except (KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{file}: damaged: of format 1, {type(error).__name__} at {error}") from None
    check_state(text, _FIELDS, str(file))
    files = text["files"].keys()
    known = {WEIGHTS, STATE, MEANS}
    known |= {name for name in files if text["format"] == SHARDED and is_shard(name)}
    if not {WEIGHTS, STATE} <= files <= known:
        shown = ", ".join(sorted(files))[:200]
        raise SnapshotError(
            f"{file}: names the files {shown or 'none'}; expected {WEIGHTS}, {STATE}, {MEANS}"
        )
    return text


def _shards(path: Path, text: Mapping[str, Any]) -> list[Path]:
    """The files of the history of a sharded run."""
    return [path / name for name in sorted(text["files"]) if is_shard(name)]


def _split(parts: Mapping[str, PartState]) -> tuple[dict[str, dict[str, Any]], dict[str, Tensor]]:
    """Split the states of the parts into JSON values by part, and tensors by ``parts/PART/KEY``."""
    texts: dict[str, dict[str, Any]] = {name: {} for name in parts}
    tensors: dict[str, Tensor] = {}
    for name, state in parts.items():
        for key, value in state.items():
            if isinstance(value, Tensor):
                tensors[f"parts/{name}/{key}"] = value
            else:
                texts[name][key] = value
    return texts, tensors


def _load_blobs(path: Path) -> dict[str, NamedBlobs[Tensor]]:
    tensors, metadata = _load_tensors(path)
    return by_layer(tensors, metadata.get(ORDER, ""))


def _names(path: Path) -> tuple[list[str], dict[str, str]]:
    """The names of the tensors of a file, and its metadata."""
    if sandbox.is_on():
        return sandboxed_names(path, SnapshotError)
    with safe_open(path, framework="pt") as file:
        return list(file.keys()), file.metadata() or {}


def _load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors of a file, and its metadata."""
    if sandbox.is_on():
        return sandboxed_tensors(path, SnapshotError)
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a mapping)
        return tensors, file.metadata() or {}


def _sealed(text: Mapping[str, Any]) -> str:
    """The JSON of a snapshot with its checksum."""
    text = json.loads(json.dumps(text))  # converted as a reader gets it
    return json.dumps({**text, "checksum": _text_checksum(text)}, indent=1) + "\n"


def checksum(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with open_regular(path, follow_links=False) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text_checksum(text: Mapping[str, Any]) -> str:
    canonical = json.dumps(text, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Convert what safetensors raises for a damaged file into a SnapshotError."""
    try:
        yield
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise SnapshotError(f"{path}: can't be read: {error}") from error


def _in_order(blobs: Mapping[str, Tensor], path: Path) -> list[Tensor]:
    missing = next((index for index in range(len(blobs)) if str(index) not in blobs), None)
    if missing is not None:
        raise SnapshotError(f"{path / STATE}: damaged: history blob {missing} is missing")
    return [blobs[str(index)] for index in range(len(blobs))]
