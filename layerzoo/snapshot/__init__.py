"""Snapshots: the state of a run, saved so that the run can be resumed.

The native format (`Snapshot`, one folder each) holds the complete state and is what ``-resume auto`` looks
for. Caffe's format (`CaffeState`, beside a ``.caffemodel``) is for exchange with Caffe. Both are written
atomically. The functions take and return tensors, no net.
"""

from layerzoo.snapshot.best import BEST, BestScore, BestWeights, find_best, write_best
from layerzoo.snapshot.caffe_state import CaffeState, find_learned_net, read_state, write_state
from layerzoo.snapshot.keeping import find_newest, list_snapshots, prune
from layerzoo.snapshot.native import (
    Snapshot,
    checksum,
    read_snapshot,
    set_score,
    verify_snapshot,
    weights_to_publish,
    write_snapshot,
)
from layerzoo.snapshot.shards import FOLDER, shard_name, write_shards

__all__ = [
    "BEST",
    "FOLDER",
    "BestScore",
    "BestWeights",
    "CaffeState",
    "Snapshot",
    "checksum",
    "find_best",
    "find_learned_net",
    "find_newest",
    "list_snapshots",
    "prune",
    "read_snapshot",
    "read_state",
    "set_score",
    "shard_name",
    "verify_snapshot",
    "weights_to_publish",
    "write_best",
    "write_shards",
    "write_snapshot",
    "write_state",
]
