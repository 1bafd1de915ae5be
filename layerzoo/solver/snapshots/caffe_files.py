"""Caffe's files of a snapshot: ``PREFIX_iter_N.caffemodel`` and ``.solverstate``, or both as ``.h5``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from layerzoo.schema import NetParameter
from layerzoo.snapshot import CaffeState, write_state
from layerzoo.weights import save

Say = Callable[..., object]
"""Logs a line: ``say(format, *arguments)``."""


@dataclass(frozen=True)
class CaffeFiles:
    """What Caffe's files of an iteration hold, and their paths.

    Attributes:
        hdf5: their format.
        weights: blobs by layer.
        diffs: gradients by layer, with ``snapshot_diff``.
        net: the net's message.
        state: the solver's state; its ``learned_net`` is the path of the weights.
        state_path: the path of the state.
    """

    hdf5: bool
    weights: Mapping[str, Sequence[Tensor]]
    diffs: Mapping[str, Sequence[Tensor]] | None
    net: NetParameter
    state: CaffeState
    state_path: str

    def write(self, say: Say) -> None:
        """Write both files; each is named before it is written.

        Raises:
            OSError: they can't be written.
            LayerzooError: the format can't hold them.
        """
        kind = "HDF5 file" if self.hdf5 else "binary proto file"
        say("Snapshotting to %s %s", kind, self.state.learned_net)
        save(self.weights, self.state.learned_net, self.net, self.diffs)
        say("Snapshotting solver state to %s %s", kind, self.state_path)
        write_state(self.state_path, self.state)
