"""The batches that a solver reads, in steps, tests and passes by hand."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.errors import NonFiniteError
from tests.pycaffe.conftest import SOLVER, Write

DATA = """layer { name: 'd' type: 'HDF5Data' top: 'x' top: 'y'
  hdf5_data_param { source: 'files.txt' batch_size: 2 } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' inner_product_param { num_output: 1 } }
layer { name: 'loss' type: 'EuclideanLoss' bottom: 'ip' bottom: 'y' top: 'loss' }
"""


@pytest.fixture
def rows(write: Write, solver_file: str, tmp_path: Path) -> str:
    """A solver file whose nets read 20 batches of two rows; see `_batch`."""
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["x"], file["y"] = np.arange(40.0).reshape(40, 1), np.zeros((40, 1))
    write("rows.h5\n", "files.txt")
    write(DATA)
    return solver_file


def _batch(net: caffe.Net) -> int:
    """Return the index of the batch that a net has read."""
    return int(net.blobs["x"].data[0, 0]) // 2


def test_data_is_read_in_order_by_steps_and_passes(write: Write, rows: str) -> None:
    """Steps and a script's own passes continue each other's reading, as in Caffe."""
    write(
        SOLVER.replace("test_iter: 10 test_interval: 10", "test_iter: 2 test_interval: 3"), "solver.prototxt"
    )
    solver = caffe.SGDSolver(rows)
    train, (test,) = solver.net, solver.test_nets
    read = []
    train.forward()
    read.append(_batch(train))
    solver.step(2)
    read.append(_batch(train))
    train.forward(start="ip")
    train.forward()
    read.append(_batch(train))
    solver.step(1)
    read.append(_batch(train))
    assert read == [0, 2, 3, 4]
    assert _batch(test) == 1, "the test of iteration 0"
    test.forward()
    assert _batch(test) == 2
    solver.step(1)  # runs a test first
    assert _batch(test) == 4
    assert _batch(train) == 5


ROWS_SOLVER = "net: 'net.prototxt' base_lr: 0.0001 lr_policy: 'fixed' max_iter: 9 snapshot_prefix: 'rows' "


def test_restore_resumes_with_the_next_batch(write: Write, rows: str) -> None:
    write(ROWS_SOLVER + "iter_size: 2", "solver.prototxt")
    solver = caffe.SGDSolver(rows)
    solver.step(3)
    solver.snapshot()
    solver.step(2)
    expected = [blob.data.copy() for blob in solver.net.params["ip"]]
    again = caffe.SGDSolver(rows)
    again.restore("rows_iter_3.solverstate")
    again.step(0)
    assert _batch(again.net) == 0
    again.step(2)
    assert _batch(again.net) == 9
    for blob, value in zip(again.net.params["ip"], expected, strict=True):
        np.testing.assert_array_equal(blob.data, value)
    solver.restore("rows_iter_3.solverstate")  # a solver past that iteration
    solver.step(1)
    assert _batch(solver.net) == 7
    solver.solve("rows_iter_3.solverstate")
    assert _batch(solver.net) == 17


def test_step_continues_after_a_loop_by_hand(write: Write, rows: str) -> None:
    write(ROWS_SOLVER, "solver.prototxt")
    solver = caffe.SGDSolver(rows)
    for _ in range(2):
        solver.net.forward()
        solver.net.backward()
        solver.apply_update()
    solver.step(1)
    assert (solver.iter, _batch(solver.net)) == (3, 2)


def test_test_of_the_whole_set_begins_at_its_start(write: Write, rows: str) -> None:
    write(ROWS_SOLVER + "test_interval: 2", "solver.prototxt")
    solver = caffe.SGDSolver(rows)
    (test,) = solver.test_nets
    solver.step(1)
    assert _batch(test) == 19
    test.forward()
    assert _batch(test) == 0
    solver.step(2)
    assert _batch(test) == 19


def test_full_batch_step_reads_all_data_after_passes_by_hand(write: Write, rows: str) -> None:
    write(ROWS_SOLVER + "type: 'LBFGS' iter_size: 20", "solver.prototxt")
    solver = caffe.get_solver(rows)
    solver.net.forward()
    solver.net.forward()
    solver.step(1)
    assert _batch(solver.net) == 19


@pytest.mark.parametrize("interval", [1, 4])
def test_non_finite_values_are_located_in_the_batch_of_the_step(
    write: Write, rows: str, tmp_path: Path, interval: int
) -> None:
    with h5py.File(tmp_path / "rows.h5", "r+") as file:
        file["x"][11] = np.nan  # in batch 5
    write(
        ROWS_SOLVER + f"iter_size: 2 non_finite_param {{ action: STOP interval: {interval} }}",
        "solver.prototxt",
    )
    solver = caffe.SGDSolver(rows)
    solver.net.forward()
    solver.net.forward(end="d")
    solver.net.forward(start="ip")
    with pytest.raises(NonFiniteError, match="top 'x' of layer 'd'"):
        solver.step(4)
    assert _batch(solver.net) >= 5


def test_non_finite_values_from_a_program_are_located(write: Write, solver_file: str) -> None:
    write(
        "input: 'x' input_shape { dim: 1 dim: 1 } "
        "layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { num_output: 1 } }"
        "layer { name: 'loss' type: 'Reduction' bottom: 'y' top: 'loss' loss_weight: 1 }"
    )
    write(ROWS_SOLVER + "non_finite_param { action: STOP }", "solver.prototxt")
    solver = caffe.SGDSolver(solver_file)
    solver.net.blobs["x"].data[...] = np.inf
    with pytest.raises(NonFiniteError, match="'x'"):
        solver.step(1)
