"""Collecting layers and weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from layerzoo.migration.importer import Importer, NotSaid
from layerzoo.migration.onnx_model import OnnxModel
from tests.migration.test_from_onnx import node, some, write


@pytest.fixture
def net(tmp_path: Path) -> Importer:
    return Importer(OnnxModel(write(tmp_path / "m.onnx", node("Add", "x", "c"), (1, 3), c=some(3))), "net")


def test_names_are_made_plain_and_unique(net: Importer) -> None:
    names = [net.add("a b\x1b", "ReLU", ["x"], "y").name for _ in range(3)]
    assert names == ["a_b_", "a_b__2", "a_b__3"]


def test_alias_leads_to_the_first_blob(net: Importer) -> None:
    net.alias("y", "x")
    net.alias("z", "y")
    assert net.add("last", "ReLU", ["z"], "t").bottom == ["x"]


def test_blobs_are_copies_in_single_precision(net: Importer) -> None:
    values = np.arange(6.0).reshape(2, 3).T
    net.blobs(net.add("ip", "InnerProduct", ["x"], "y"), values)
    (blob,) = net.weights["ip"]
    assert blob.dtype == np.float32
    assert blob.flags.c_contiguous
    assert (blob == values).all()


def test_weights_that_are_computed_and_unknown_shapes_are_reasons(net: Importer) -> None:
    made = helper.make_node("Conv", ["x", "computed"], ["y"])
    with pytest.raises(NotSaid, match="its input 1 is computed"):
        net.weight(made, 1)
    assert net.optional(made, 2) is None
    assert net.shape("x") == (1, 3)
    with pytest.raises(NotSaid, match="the shape of 'nowhere' is not known"):
        net.shape("nowhere")
