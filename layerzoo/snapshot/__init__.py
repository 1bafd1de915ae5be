"""Snapshots: where a run stood, so that it can go on.

The native form (`Snapshot`, one folder each) holds everything and is what ``-resume auto`` finds; Caffe's
(`CaffeState`, beside a ``.caffemodel``) is for the other program. Both are written atomically. Neither needs
a net: tensors go in and come out.
"""

from layerzoo.snapshot.caffe_state import CaffeState, find_learned_net, read_state, write_state
from layerzoo.snapshot.keeping import find_newest, list_snapshots, prune
from layerzoo.snapshot.native import (
    Snapshot,
    read_snapshot,
    set_score,
    verify_snapshot,
    weights_to_publish,
    write_snapshot,
)

__all__ = [
    "CaffeState",
    "Snapshot",
    "find_learned_net",
    "find_newest",
    "list_snapshots",
    "prune",
    "read_snapshot",
    "read_state",
    "set_score",
    "verify_snapshot",
    "weights_to_publish",
    "write_snapshot",
    "write_state",
]
