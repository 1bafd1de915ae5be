"""Read and write Caffe's solver states: ``.solverstate`` and ``.solverstate.h5``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from torch import Tensor

from layerzoo.blobs.blob_proto import Piece, blob_pieces, field_pieces, read_blob, write_pieces
from layerzoo.blobs.hdf5 import new_file, reading, stored_blob, write_blob
from layerzoo.blobs.stored import HDF5_SIGNATURE
from layerzoo.blobs.wire import BYTES, VARINT, open_wire
from layerzoo.errors import SnapshotError
from layerzoo.schema import SolverState

_MAX_BLOBS = 1_000_000
_ITER, _LEARNED_NET, _HISTORY, _CURRENT_STEP = 1, 2, 3, 4


@dataclass(frozen=True)
class CaffeState:
    """The state of a solver as Caffe saves it, without the weights.

    Attributes:
        iteration: number of updates made.
        learned_net: path of the weights file, as stored in the state.
        history: the update rule's blobs, in Caffe's order.
        current_step: number of learning rate steps made.
    """

    iteration: int
    learned_net: str = ""
    history: Sequence[Tensor] = field(default_factory=list)
    current_step: int = 0


def read_state(path: str | Path) -> CaffeState:
    """Read a solver state; the content decides on the format.

    Raises:
        SnapshotError: the file is missing, damaged, or not a solver state.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            is_hdf5 = file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
        return _read_hdf5(path) if is_hdf5 else _read_binary(path)
    except OSError as error:
        raise SnapshotError(f"{path}: can't be read: {error.strerror}") from error


def write_state(path: str | Path, state: CaffeState) -> None:
    """Write a solver state that Caffe reads: HDF5 if the name ends in ``.h5``, else binary.

    Raises:
        SnapshotError: the state is larger than the binary format can hold.
        OSError: the file can't be written; an existing file is left unchanged.
    """
    path = Path(path)
    if path.suffix == ".h5":
        _write_hdf5(path, state)
    else:
        _write_binary(path, state)


def find_learned_net(state_path: str | Path, learned_net: str) -> Path:
    """Find the weights file of a state: at its stored path, else beside the state.

    Raises:
        SnapshotError: the file is in neither place.
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


def _read_binary(path: Path) -> CaffeState:
    wire = open_wire(path, "a solver state", SnapshotError)
    numbers: dict[int, int] = {}
    learned_net, history = "", list[Tensor]()
    for number, kind, start, end in wire.fields(0, len(wire.buffer)):
        if number == _ITER and kind == BYTES:
            raise SnapshotError(f"{path}: not a solver state but the weights of a net; pass it to -weights")
        if kind == VARINT:
            numbers[number] = start
        elif number == _LEARNED_NET and kind == BYTES:
            learned_net = wire.text(start, end)
        elif number == _HISTORY and kind == BYTES:
            history.append(read_blob(wire, start, end, f"history blob {len(history)}").tensor())
    if _ITER not in numbers:
        raise SnapshotError(f"{path}: not a solver state: the iteration is missing")
    return CaffeState(numbers[_ITER], learned_net, history, numbers.get(_CURRENT_STEP, 0))


def _write_binary(path: Path, state: CaffeState) -> None:
    pieces: list[Piece] = [
        SolverState(iter=state.iteration, learned_net=state.learned_net).SerializeToString()
    ]
    for blob in state.history:
        pieces += field_pieces(_HISTORY, blob_pieces(blob))
    pieces.append(SolverState(current_step=state.current_step).SerializeToString())
    write_pieces(path, pieces, SnapshotError, "set snapshot_format to HDF5")


def _read_hdf5(path: Path) -> CaffeState:
    with reading(path, SnapshotError), h5py.File(path, "r") as file:
        if "iter" not in file or "history" not in file:
            what = " but the weights of a net; pass it to -weights" if "data" in file else ""
            raise SnapshotError(f"{path}: not a solver state{what}")
        stored = file["history"]
        if len(stored) > _MAX_BLOBS:
            raise SnapshotError(f"{path}: {len(stored):,} history blobs; the maximum is {_MAX_BLOBS:,}")
        history = [stored_blob(stored[str(i)], path, SnapshotError).tensor() for i in range(len(stored))]
        net = file["learned_net"][()] if "learned_net" in file else b""
        step = int(np.ravel(file["current_step"][()])[0]) if "current_step" in file else 0
        name = bytes(net).rstrip(b"\0").decode(errors="replace")
        return CaffeState(int(np.ravel(file["iter"][()])[0]), name, history, step)


def _write_hdf5(path: Path, state: CaffeState) -> None:
    with new_file(path) as file:
        file["iter"] = np.array([state.iteration], "<i4")
        name = state.learned_net.encode() + b"\0"  # Caffe reads it as a C string
        file["learned_net"] = np.array(name, f"S{len(name)}")
        file["current_step"] = np.array([state.current_step], "<i4")
        group = file.create_group("history")
        for index, blob in enumerate(state.history):
            write_blob(group, str(index), blob)
