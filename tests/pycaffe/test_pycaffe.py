from __future__ import annotations

import numpy as np
import pytest

import layerzoo.pycaffe as caffe
from layerzoo.pycaffe import pycaffe
from tests.pycaffe.conftest import NET, Write


def test_its_functions_are_those_of_nets(write: Write) -> None:
    net = caffe.Net(write(NET), caffe.TRAIN)
    assert set(pycaffe._Net_forward(net, end="conv")) == {"conv"}
    (batch,) = pycaffe._Net_batch(net, {"data": np.ones((3, 2))})
    assert batch["data"].sum(1).tolist() == [2, 2, 2, 0, 0]


def test_names_by_number(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    names = pycaffe._Net_get_id_name(caffe.Net._bottom_ids, "_found")
    monkeypatch.setattr(caffe.Net, "found", names, raising=False)
    net = caffe.Net(write(NET), caffe.TRAIN)
    assert net.found == net.bottom_names  # type: ignore[attr-defined]  # set above
    assert net.found is net.found  # type: ignore[attr-defined]  # set above


def test_nets_follow_what_a_script_puts_in_place_of_a_member(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = caffe.Net(write(NET), caffe.TRAIN)
    monkeypatch.setattr(pycaffe.Net, "outputs", property(lambda net: ["scores"]), raising=False)
    assert set(net.forward()) == {"scores"}
    assert net.outputs == ["scores"]
