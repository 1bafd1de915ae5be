"""Host copies of blobs as on a GPU, tested with tensors on the CPU."""

from __future__ import annotations

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.host.blob import Half
from layerzoo.pycaffe import Net
from tests.pycaffe.conftest import NET, Write


@pytest.fixture(autouse=True)
def _mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Half, "mirrored", property(lambda self: True))


@pytest.fixture
def net(write: Write) -> Net:
    return Net(write(NET), caffe.TRAIN)


def test_mirrors_written_to_reach_the_next_pass(net: Net) -> None:
    values = np.ones((5, 11, 8, 9))
    net.blobs["conv"].data[...] = values
    weight, bias = net.params["ip"]
    weight.data[...] = 0.5
    net.forward(start="ip", end="ip")
    np.testing.assert_allclose(net.blobs["scores"].data, 0.5 * 11 * 8 * 9 + bias.data[0] * np.ones((5, 13)))
    assert not np.shares_memory(weight.data, net.net.params["ip"][0].detach().numpy())


def test_mirrors_show_the_last_pass(net: Net) -> None:
    net.blobs["label"].data[...] = 1
    first = net.forward()["loss"].copy()
    net.backward()
    assert net.params["conv"][0].diff.any()
    assert net.forward()["loss"] != first
    net.clear_param_diffs()
    assert not net.params["conv"][0].diff.any()


def test_param_addresses_stay(net: Net) -> None:
    before = net.net.params["ip"][0].data_ptr()
    net.params["ip"][0].data[...] = 1
    net.forward()
    assert net.net.params["ip"][0].data_ptr() == before


def test_solver_with_mirrors(solver_file: str) -> None:
    solver = caffe.get_solver(solver_file)
    weight = solver.net.params["conv"][0]
    weight.data[...] = 0
    weight.diff[...] = 1
    solver.apply_update()
    np.testing.assert_allclose(weight.data, -0.01, atol=1e-7)
    solver.net.blobs["label"].data[...] = 3
    solver.step(1)
    assert (solver.net.blobs["label"].data == 3).all()
    assert not np.allclose(weight.data, -0.01)
    assert solver.net.blobs["scores"].diff.any()


def test_gradients_changed_by_a_callback_are_used(solver_file: str) -> None:
    solver = caffe.get_solver(solver_file)
    weight = solver.net.params["ip"][0]
    solver.step(1)
    before = weight.data.copy()

    def ready() -> None:
        for blobs in solver.net.params.values():
            for blob in blobs:
                blob.diff[...] = 0

    solver.add_callback(lambda: None, ready)
    history = [tensor.zero_() for tensor in solver._solver.run.rule.history]
    assert history
    solver.step(1)
    np.testing.assert_allclose(weight.data, before, rtol=1e-4)  # only weight decay
