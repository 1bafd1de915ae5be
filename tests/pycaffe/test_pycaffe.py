from __future__ import annotations

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import pycaffe
from tests.pycaffe.conftest import NET, Write


def test_net_functions_are_methods_of_net(write: Write) -> None:
    net = caffe.Net(write(NET), caffe.TRAIN)
    assert set(pycaffe._Net_forward(net, end="conv")) == {"conv"}
    (batch,) = pycaffe._Net_batch(net, {"data": np.ones((3, 2))})
    assert batch["data"].sum(1).tolist() == [2, 2, 2, 0, 0]


def test_net_get_id_name_maps_indices_to_names(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    names = pycaffe._Net_get_id_name(caffe.Net._bottom_ids, "_found")
    monkeypatch.setattr(caffe.Net, "found", names, raising=False)
    net = caffe.Net(write(NET), caffe.TRAIN)
    assert net.found == net.bottom_names  # type: ignore[attr-defined]  # set above
    assert net.found is net.found  # type: ignore[attr-defined]  # set above


def test_net_uses_members_replaced_by_a_script(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    net = caffe.Net(write(NET), caffe.TRAIN)
    monkeypatch.setattr(pycaffe.Net, "outputs", property(lambda net: ["scores"]), raising=False)
    assert set(net.forward()) == {"scores"}
    assert net.outputs == ["scores"]
