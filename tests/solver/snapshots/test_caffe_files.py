"""Caffe's files of a snapshot: their lines, and what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.blobs.named import NamedBlobs
from layerzoo.schema import NetParameter
from layerzoo.snapshot import CaffeState, read_state
from layerzoo.solver.snapshots.caffe_files import CaffeFiles
from layerzoo.weights import read


@pytest.mark.parametrize(
    ("hdf5", "kind", "end"), [(False, "binary proto file", ""), (True, "HDF5 file", ".h5")]
)
def test_write_names_each_file_before_it_is_written(tmp_path: Path, hdf5: bool, kind: str, end: str) -> None:
    weights, state = (str(tmp_path / f"r_iter_3.{name}{end}") for name in ("caffemodel", "solverstate"))
    said: list[tuple[str, bool, bool]] = []
    net = NetParameter(name="n")
    net.layer.add(name="ip", type="InnerProduct")
    CaffeFiles(
        hdf5=hdf5,
        weights={"ip": NamedBlobs([torch.tensor([[1.0, 2.0]])], place=0)},
        diffs=None,
        net=net,
        state=CaffeState(3, weights, [torch.tensor([0.5])]),
        state_path=state,
    ).write(lambda line, *values: said.append((line % values, Path(weights).exists(), Path(state).exists())))
    assert said == [
        (f"Snapshotting to {kind} {weights}", False, False),
        (f"Snapshotting solver state to {kind} {state}", True, False),
    ]
    assert [blob.tolist() for blob in read(weights)["ip"]] == [[[1.0, 2.0]]]
    found = read_state(state)
    assert (found.iteration, found.learned_net, [blob.tolist() for blob in found.history]) == (
        3,
        weights,
        [[0.5]],
    )
