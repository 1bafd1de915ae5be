"""Caffe's solver states: ``.solverstate`` and ``.solverstate.h5``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor

from layerzoo.atomic import atomic_path
from layerzoo.errors import SnapshotError
from layerzoo.snapshot.state_wire import decode_state, encode_state

_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
MAX_BYTES = 2**31 - 1
"""The largest message that protobuf, and so Caffe, can read."""
_MAX_BLOBS = 1_000_000
_H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError)


@dataclass(frozen=True)
class CaffeState:
    """What Caffe keeps of a solver, beside the weights.

    Attributes:
        iteration: updates done.
        learned_net: file of the weights, as the state names it.
        history: the update rule's blobs, in Caffe's order.
        current_step: steps of the learning rate so far.
    """

    iteration: int
    learned_net: str = ""
    history: Sequence[Tensor] = field(default_factory=list)
    current_step: int = 0


def read_state(path: str | Path) -> CaffeState:
    """A solver state in either format, whatever its name.

    Raises:
        SnapshotError: it is missing, damaged, or something else than a solver state.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            is_hdf5 = file.read(len(_HDF5_SIGNATURE)) == _HDF5_SIGNATURE
    except OSError as error:
        raise SnapshotError(f"{path}: can't be read: {error.strerror}") from error
    if is_hdf5:
        return _read_hdf5(path)
    return CaffeState(*decode_state(path))


def write_state(path: str | Path, state: CaffeState) -> None:
    """Write a solver state that Caffe reads: HDF5 where the name ends in ``.h5``, else binary.

    Raises:
        SnapshotError: it is larger than the binary format can hold.
        OSError: the file can't be written; what stood there before still does.
    """
    path = Path(path)
    if path.suffix == ".h5":
        _write_hdf5(path, state)
        return
    pieces = encode_state(state.iteration, state.learned_net, state.history, state.current_step)
    size = sum(len(piece) if isinstance(piece, bytes) else piece.nbytes for piece in pieces)
    if size > MAX_BYTES:
        raise SnapshotError(
            f"{path}: {size / 1e9:.1f} GB of solver history, more than the 2.1 GB that a .solverstate can "
            "hold; set snapshot_format to HDF5"
        )
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        for piece in pieces:
            file.write(piece)


def find_learned_net(state_path: str | Path, learned_net: str) -> Path:
    """The weights that a state names: as it names them, from the working folder, else beside the state.

    Raises:
        SnapshotError: they are in neither place.
    """
    state_path = Path(state_path)
    beside = state_path.parent / Path(learned_net).name
    for candidate in (Path(learned_net), beside):
        if learned_net and candidate.is_file():
            return candidate
    raise SnapshotError(
        f"{state_path}: its weights, '{learned_net}', are gone: neither there nor at '{beside}'. "
        "Put the file beside the state"
    )


def _read_hdf5(path: Path) -> CaffeState:
    try:
        with h5py.File(path, "r") as file:
            if "iter" not in file or "history" not in file:
                what = "a net's weights; give it to -weights" if "data" in file else "something else"
                raise SnapshotError(f"{path}: no solver state but {what}")
            history = file["history"]
            if len(history) > _MAX_BLOBS:
                raise SnapshotError(f"{path}: {len(history):,} history blobs")
            blobs = []
            for index in range(len(history)):
                data = history[str(index)]
                if data.chunks is None and data.id.get_storage_size() < data.size * data.dtype.itemsize:
                    raise SnapshotError(f"{path}: history blob {index} declares more than the file holds")
                kind = np.float64 if data.dtype == np.float64 else np.float32
                blobs.append(torch.from_numpy(np.asarray(data[()], dtype=kind)))
            net = file["learned_net"][()] if "learned_net" in file else b""
            step = int(np.ravel(file["current_step"][()])[0]) if "current_step" in file else 0
            name = bytes(net).rstrip(b"\0").decode(errors="replace")
            return CaffeState(int(np.ravel(file["iter"][()])[0]), name, blobs, step)
    except _H5PY_ERRORS as error:
        raise SnapshotError(f"{path}: damaged: {error}") from error


def _write_hdf5(path: Path, state: CaffeState) -> None:
    try:
        with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            file["iter"] = np.array([state.iteration], "<i4")
            name = state.learned_net.encode() + b"\0"  # Caffe reads up to the NUL
            file["learned_net"] = np.array(name, f"S{len(name)}")
            file["current_step"] = np.array([state.current_step], "<i4")
            group = file.create_group("history")
            for index, blob in enumerate(state.history):
                kind = torch.float64 if blob.dtype == torch.float64 else torch.float32
                group[str(index)] = blob.detach().to("cpu", kind).numpy()
    except RuntimeError as error:  # h5py's, where a write fails late
        raise OSError(f"{path}: {error}") from error
