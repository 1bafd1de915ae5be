"""Read and write Caffe's solver states: ``.solverstate`` and ``.solverstate.h5``."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from torch import Tensor

from layerzoo.blobs.blob_proto import Piece, blob_pieces, field_pieces, read_blob, write_pieces
from layerzoo.blobs.hdf5 import new_file, stored_blob, write_blob
from layerzoo.blobs.sandboxed import tensor_of
from layerzoo.blobs.stored import HDF5_SIGNATURE
from layerzoo.blobs.wire import BYTES, FIXED32, VARINT, fixed32, open_wire, varint
from layerzoo.errors import SnapshotError
from layerzoo.hdf5_file import HDF5Array, HDF5Group, open_hdf5
from layerzoo.reader import sandbox
from layerzoo.reader.protocol import ProtocolError
from layerzoo.reader.tensor_file import open_file
from layerzoo.regular_file import check_regular, open_regular
from layerzoo.schema import SolverState
from layerzoo.state_fields import ITERATION, NUMBER, check_state, optional

_ITER, _LEARNED_NET, _HISTORY, _CURRENT_STEP = 1, 2, 3, 4
_MINIMUM_LOSS, _LAST_EVENT = 5, 6  # of SSD's fork
_NO_LOSS = 1e38
"""SSD's minimum before the first loss, or more."""


@dataclass(frozen=True)
class CaffeState:
    """The state of a solver as Caffe saves it, without the weights.

    Attributes:
        iteration: number of updates made.
        learned_net: path of the weights file, as stored in the state.
        history: the update rule's blobs, in Caffe's order.
        current_step: number of learning rate steps made.
        minimum_loss, last_event: the least loss of lr_policy plateau of SSD's fork, and the iteration of that
            loss or of the last step; None and 0 if it has none.
    """

    iteration: int
    learned_net: str = ""
    history: Sequence[Tensor] = field(default_factory=list)
    current_step: int = 0
    minimum_loss: float | None = None
    last_event: int = 0


def read_state(path: str | Path) -> CaffeState:
    """Read a solver state; the content decides on the format.

    Raises:
        SnapshotError: the file is missing, damaged, or not a solver state.
    """
    path = Path(path)
    try:
        if sandbox.is_on():
            return _sandboxed(path)
        with open_regular(path) as file:
            is_hdf5 = file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE
        return _read_hdf5(path) if is_hdf5 else _read_binary(path)
    except OSError as error:
        raise SnapshotError(f"{path}: can't be read: {error.strerror}") from error


def _sandboxed(path: Path) -> CaffeState:
    """Read a solver state in the sandbox."""
    with open_file("state", path, SnapshotError) as file:
        history = [tensor_of(file, index) for index in range(len(file.shapes))]
        with file.checked():
            names = ("iteration", "learned_net", "current_step", "minimum_loss", "last_event")
            match [file.facts.get(name) for name in names]:
                case [int(iteration), str(learned_net), int(step), float() | None as least, int(event)]:
                    state = CaffeState(iteration, learned_net, history, step, least, event)
                    return _checked(state, path)
            raise ProtocolError("something else than a solver state")


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
        with suppress(OSError, ValueError):  # a name that no file can have
            check_regular(candidate)
            return candidate
    raise SnapshotError(
        f"{state_path}: its weights, '{learned_net}', are gone: neither there nor at '{beside}'. "
        "Put the file beside the state"
    )


def _read_binary(path: Path) -> CaffeState:
    wire = open_wire(path, "a solver state", SnapshotError)
    numbers: dict[int, int] = {}
    learned_net, history = "", list[Tensor]()
    least: float | None = None
    for number, kind, start, end in wire.fields(0, len(wire.buffer)):
        if number == _ITER and kind == BYTES:
            raise SnapshotError(f"{path}: not a solver state but the weights of a net; pass it to -weights")
        if kind == VARINT:
            numbers[number] = start
        elif number == _MINIMUM_LOSS and kind == FIXED32:
            least = float(np.frombuffer(wire.buffer[end - 4 : end], "<f4")[0])
        elif number == _LEARNED_NET and kind == BYTES:
            learned_net = wire.text(start, end)
        elif number == _HISTORY and kind == BYTES:
            history.append(read_blob(wire, start, end, f"history blob {len(history)}").tensor())
    if _ITER not in numbers:
        raise SnapshotError(f"{path}: not a solver state: the iteration is missing")
    step, event = numbers.get(_CURRENT_STEP, 0), numbers.get(_LAST_EVENT, 0)
    return _checked(CaffeState(numbers[_ITER], learned_net, history, step, least, event), path)


def _checked(state: CaffeState, path: Path) -> CaffeState:
    """The state, after a check of its numbers."""
    least = state.minimum_loss
    state = replace(state, minimum_loss=None if least is not None and least >= _NO_LOSS else least)
    numbers = {
        "iter": (ITERATION, state.iteration),
        "current_step": (ITERATION, state.current_step),
        "minimum_loss": (optional(NUMBER), state.minimum_loss),
        "iter_last_event": (ITERATION, state.last_event),
    }
    fields = {name: field for name, (field, _) in numbers.items()}
    check_state({name: value for name, (_, value) in numbers.items()}, fields, str(path))
    return state


def _write_binary(path: Path, state: CaffeState) -> None:
    pieces: list[Piece] = [
        SolverState(iter=state.iteration, learned_net=state.learned_net).SerializeToString()
    ]
    for blob in state.history:
        pieces += field_pieces(_HISTORY, blob_pieces(blob))
    pieces.append(SolverState(current_step=state.current_step).SerializeToString())
    if state.minimum_loss is not None:
        pieces.append(fixed32(_MINIMUM_LOSS, state.minimum_loss) + varint(_LAST_EVENT, state.last_event))
    write_pieces(path, pieces, SnapshotError, "set snapshot_format to HDF5")


def _read_hdf5(path: Path) -> CaffeState:
    with open_hdf5(path, SnapshotError) as root:
        iteration, stored = root.child("iter"), root.child("history")
        if not isinstance(iteration, HDF5Array) or not isinstance(stored, HDF5Group):
            what = " but the weights of a net; pass it to -weights" if "data" in set(root) else ""
            raise SnapshotError(f"{path}: not a solver state{what}")
        history: list[Tensor] = []
        while isinstance(blob := stored.child(str(len(history))), HDF5Array):
            history.append(stored_blob(blob).tensor())
        if len(history) < len(set(stored)):
            raise SnapshotError(f"{path}: history blob {len(history)} is missing")
        net, step = root.child("learned_net"), root.child("current_step")
        least, event = root.child("minimum_loss"), root.child("iter_last_event")
        state = CaffeState(
            _whole_number(iteration, path),
            net.text() if isinstance(net, HDF5Array) else "",
            history,
            _whole_number(step, path) if isinstance(step, HDF5Array) else 0,
            _number(least, path) if isinstance(least, HDF5Array) else None,
            _whole_number(event, path) if isinstance(event, HDF5Array) else 0,
        )
        return _checked(state, path)


def _whole_number(array: HDF5Array, path: Path) -> int:
    """The value of a dataset of one integer, as Caffe writes ``iter``."""
    numbers = array.numbers()
    if numbers.size != 1 or numbers.dtype.kind not in "iu":
        raise SnapshotError(f"{path}: '{array.name}' has shape {numbers.shape}; expected one whole number")
    return int(numbers.read().item())


def _number(array: HDF5Array, path: Path) -> float:
    """The value of a dataset of one number."""
    numbers = array.numbers()
    if numbers.size != 1 or numbers.dtype.kind not in "iuf":
        raise SnapshotError(f"{path}: '{array.name}' has shape {numbers.shape}; expected one number")
    return float(numbers.read().item())


def _write_hdf5(path: Path, state: CaffeState) -> None:
    with new_file(path) as file:
        file["iter"] = np.array([state.iteration], "<i4")
        name = state.learned_net.encode() + b"\0"  # Caffe reads it as a C string
        file["learned_net"] = np.array(name, f"S{len(name)}")
        file["current_step"] = np.array([state.current_step], "<i4")
        if state.minimum_loss is not None:
            file["minimum_loss"] = np.array([state.minimum_loss], "<f4")
            file["iter_last_event"] = np.array([state.last_event], "<i4")
        group = file.create_group("history")
        for index, blob in enumerate(state.history):
            write_blob(group, str(index), blob)
