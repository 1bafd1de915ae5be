"""The native snapshot: a folder ``iter_N`` with weights, the other tensors, and a text that says the rest.

::

    iter_500/
        weights.safetensors   the params, named <layer>/<index> (a submodule's <layer>/<its name>): to be
                              given to -weights as it is
        means.safetensors     the averaged params, where the solver averages, in the same form
        state.safetensors     history and what else are tensors
        state.json            everything else, and the checksums of all files
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from layerzoo.atomic import atomic_path, write_atomic
from layerzoo.blobs.named import ORDER, NamedBlobs, by_layer, flat, order_of
from layerzoo.errors import SnapshotError

WEIGHTS = "weights.safetensors"
MEANS = "means.safetensors"
STATE = "state.safetensors"
TEXT = "state.json"
FORMAT = 1
"""Grows when older programs could no longer read what newer ones write."""

_TENSORS = ("weights", "history", "means", "tensors")


@dataclass
class Snapshot:
    """Where a run stood.

    Attributes:
        iteration: updates done.
        solver_type: the update rule's name.
        weights: param blobs by layer name, in Caffe's order, and the buffers of layers of one's own.
        history: what the update rule remembers.
        means: averaged params by layer name, where the solver averages.
        publish_means: they are what is published.
        tensors: further tensors by name.
        seed: all random numbers of the run follow from it.
        batches: place in the data: number of the next batch, by net or layer.
        lr_policy: the learning rate policy's state.
        score: of the test of these params, else of the last one before it; None where there is none.
        best_score, best_iteration: the best so far, and when.
        losses: the window of ``average_loss``, the oldest first.
        config: the solver's config as resolved, with its net.
        threads: how many computed; bits are the same for the same number only.
        versions: of the programs that made it, by name.
        extra: anything else that JSON can hold.
    """

    iteration: int
    solver_type: str
    weights: Mapping[str, Sequence[Tensor]]
    history: Sequence[Tensor] = ()
    means: Mapping[str, Sequence[Tensor]] = field(default_factory=dict)
    publish_means: bool = False
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    seed: int = 0
    batches: Mapping[str, int] = field(default_factory=dict)
    lr_policy: Mapping[str, Any] = field(default_factory=dict)
    score: float | None = None
    best_score: float | None = None
    best_iteration: int | None = None
    losses: Sequence[float] = ()
    config: str = ""
    threads: int = field(default_factory=torch.get_num_threads)
    versions: Mapping[str, str] = field(default_factory=lambda: {"torch": torch.__version__})
    extra: Mapping[str, Any] = field(default_factory=dict)


def write_snapshot(folder: str | Path, snapshot: Snapshot) -> Path:
    """Write a snapshot into a folder of snapshots, which is made if need be; one of its name is replaced.

    Returns:
        the snapshot's own folder.

    Raises:
        OSError: it can't be written; all that was there still is.
    """
    target = Path(folder) / f"iter_{snapshot.iteration}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as path:
        path.mkdir()
        state = {f"history/{i}": blob for i, blob in enumerate(snapshot.history)}
        state |= {f"tensors/{name}": blob for name, blob in snapshot.tensors.items()}
        files = {WEIGHTS: flat(snapshot.weights), STATE: state}
        files |= {MEANS: flat(snapshot.means)} if snapshot.means else {}
        orders = {WEIGHTS: order_of(snapshot.weights), MEANS: order_of(snapshot.means)}
        for name, tensors in files.items():
            _save(path / name, tensors, orders.get(name))
        text: dict[str, Any] = {
            f.name: getattr(snapshot, f.name) for f in fields(snapshot) if f.name not in _TENSORS
        }
        text["format"] = FORMAT
        text["files"] = {name: _checksum(path / name) for name in files}
        (path / TEXT).write_text(_sealed(text), encoding="utf-8")
    return target


def set_score(path: str | Path, score: float) -> None:
    """Give a snapshot the score of a test that came after it was written.

    Raises:
        SnapshotError: its text is missing or damaged.
        OSError: it can't be written; what stood there still does.
    """
    write_atomic(Path(path) / TEXT, _sealed(read_text(path) | {"score": score}))


def weights_to_publish(path: str | Path) -> Path:
    """The file of a snapshot that is for others: the averaged params where the solver says so.

    Raises:
        SnapshotError: the snapshot's text is missing or damaged.
    """
    return Path(path) / (MEANS if read_text(path).get("publish_means") else WEIGHTS)


def read_snapshot(path: str | Path) -> Snapshot:
    """A snapshot, after a look at its checksums; its tensors are on the CPU.

    Raises:
        SnapshotError: it is missing, torn or damaged, or a newer program's.
    """
    path = Path(path)
    text = verify_snapshot(path)
    try:
        weights, state = _load_blobs(path / WEIGHTS), load_file(path / STATE)
        means = _load_blobs(path / MEANS) if MEANS in text["files"] else {}
    except (SafetensorError, OSError, ValueError) as error:
        raise SnapshotError(f"{path}: can't be read: {error}") from error
    kinds: dict[str, dict[str, Tensor]] = {"history": {}, "tensors": {}}
    for name, blob in state.items():
        kind, _, rest = name.partition("/")
        kinds[kind][rest] = blob
    known = {f.name for f in fields(Snapshot)}
    return Snapshot(
        weights=weights,
        history=_in_order(kinds["history"]),
        means=means,
        tensors=kinds["tensors"],
        **{name: value for name, value in text.items() if name in known},
    )


def verify_snapshot(path: str | Path) -> dict[str, Any]:
    """Check that a snapshot is complete and intact, without loading its tensors.

    Returns:
        what its text says.

    Raises:
        SnapshotError: it isn't.
    """
    text = read_text(path)
    for name, said in text["files"].items():
        file = Path(path) / name
        try:
            found = _checksum(file)
        except OSError as error:
            raise SnapshotError(f"{file}: can't be read: {error.strerror}") from error
        if found != said:
            raise SnapshotError(f"{file}: damaged: its checksum is not the one in {TEXT}")
    return text


def read_text(path: str | Path) -> dict[str, Any]:
    """What a snapshot's text says, after a look at the text's own checksum.

    Raises:
        SnapshotError: it is missing or damaged, or a newer program's.
    """
    file = Path(path) / TEXT
    try:
        text = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SnapshotError(f"{path}: no snapshot: {TEXT} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise SnapshotError(f"{file}: damaged: {error}") from error
    if not isinstance(text, dict) or text.pop("checksum", None) != _text_checksum(text):
        raise SnapshotError(f"{file}: damaged: its checksum is wrong")
    if text["format"] > FORMAT:
        raise SnapshotError(f"{file}: written by a newer Layerzoo, in format {text['format']}")
    return text


def _save(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Params that layers share, and slices of one tensor, are written out one by one."""
    written: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        blob = tensor.detach().cpu().contiguous()
        storage = blob.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != blob.nbytes:
            blob = blob.clone()
        seen.add(storage.data_ptr())
        written[name] = blob
    try:
        save_file(written, path, metadata or None)
    except SafetensorError as error:
        raise OSError(f"{path}: {error}") from error


def _load_blobs(path: Path) -> dict[str, NamedBlobs[Tensor]]:
    with safe_open(path, framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (it is no mapping)
        return by_layer(tensors, (file.metadata() or {}).get(ORDER, ""))


def _sealed(text: Mapping[str, Any]) -> str:
    """A snapshot's text with its checksum."""
    text = json.loads(json.dumps(text))  # as it will be read
    return json.dumps({**text, "checksum": _text_checksum(text)}, indent=1) + "\n"


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _text_checksum(text: Mapping[str, Any]) -> str:
    canonical = json.dumps(text, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _in_order(blobs: Mapping[str, Tensor]) -> list[Tensor]:
    return [blobs[str(index)] for index in range(len(blobs))]
