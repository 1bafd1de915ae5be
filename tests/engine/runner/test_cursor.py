from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from layerzoo.data import DataLayer
from layerzoo.engine.runner.cursor import Cursor
from layerzoo.net import Net

NET = """
layer {{ name: 'a' type: 'HDF5Data' top: 'x' hdf5_data_param {{ source: '{0}' batch_size: 2 }} }}
layer {{ name: 'b' type: 'HDF5Data' top: 'x2' hdf5_data_param {{ source: '{0}' batch_size: 2 }} }}
layer {{ name: 'add' type: 'Eltwise' bottom: 'x' bottom: 'x2' top: 'y' }}
"""


@pytest.fixture
def net(tmp_path: Path) -> Net:
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["x"] = file["x2"] = np.arange(12, dtype=np.float32).reshape(12, 1)
    (tmp_path / "rows.txt").write_text(f"{tmp_path / 'rows.h5'}\n")
    path = tmp_path / "net.prototxt"
    path.write_text(NET.format(tmp_path / "rows.txt"))
    return Net(path)


def _read(net: Net, index: int) -> int:
    """The number of the batch that a data layer returns now."""
    made = net.ordered_layers()[index]()
    return int(made[0, 0]) // 2


def test_cursor_counts_for_each_layer_the_passes_that_ran_it(net: Net) -> None:
    cursor = Cursor(net)
    assert cursor.batches == [0, 0]
    cursor.advance()
    assert (_read(net, 0), _read(net, 1)) == (0, 0)
    cursor.advance(start=1)
    assert _read(net, 1) == 1
    cursor.advance(start=2)
    assert cursor.batches == [1, 2]
    cursor.advance(end=0)
    assert _read(net, 0) == 1
    cursor.advance()
    assert (_read(net, 0), _read(net, 1)) == (2, 2)
    assert cursor.passes == 5
    assert net.clock.batch == 4


def test_cursor_moves_to_a_batch(net: Net) -> None:
    cursor = Cursor(net)
    cursor.move_to(4)
    cursor.advance()
    assert (_read(net, 0), net.clock.batch) == (4, 4)
    cursor.restart(0)
    cursor.advance()
    assert (_read(net, 0), _read(net, 1)) == (0, 5)


def test_cursor_goes_round_in_a_whole_pass(net: Net) -> None:
    cursor = Cursor(net)
    for layer in net.data_layers:
        assert isinstance(layer, DataLayer)
        layer.whole_pass = True
    seen = []
    for _ in range(7):
        cursor.advance()
        seen.append(_read(net, 0))
    assert seen == [0, 1, 2, 3, 4, 5, 0]
