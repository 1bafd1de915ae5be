"""Every number of every layer's config: any value gives a net that runs, or an error with a position."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ConfigError, LayerzooError
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net, graph_of
from layerzoo.schema import TRAIN, NetState
from tests.numbers import changed, of_layer

COMPUTING = [name for name in LAYERS if not LAYERS[name].is_data and name != "Python"]
MAX_COUNT = 100_000
"""Nets with more elements are built on the meta device only."""


@pytest.mark.parametrize("name", COMPUTING)
def test_any_number_of_a_layer_is_taken_or_refused_at_its_place(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # HDF5Output writes there
    results = [(path, value, run(text)) for path in of_layer(name) for value, text in changed(name, path)]
    assert [result for result in results if result[-1] == "no position"] == []
    assert {result[-1] for result in results} == {"taken", "refused"}


def run(text: str) -> str:
    """Check, build and run a net: ``taken``, ``refused``, or refused with ``no position``."""
    try:
        build(text)
    except ConfigError as error:
        return "refused" if all(fault.origin for fault in error.faults) else "no position"
    except LayerzooError:
        return "refused"
    return "taken"


def build(text: str) -> None:
    """Check, build and run a net.

    Raises:
        LayerzooError: it is refused.
    """
    graph = graph_of(parse_net(text, format="prototxt"), NetState(phase=TRAIN))
    net = Net(graph, device="meta")
    counts = sum(blob.count for blob in graph.blobs) + sum(param.count for param in graph.params)
    if counts < MAX_COUNT and all(blob.shape is not None for blob in graph.blobs):
        net = Net(graph)
        net.forward(*(torch.rand(blob.shape or ()) for blob in graph.inputs))


def test_numbers_of_layers_are_many() -> None:
    assert len(COMPUTING) > 40
    assert ("convolution_param", "weight_filler", "std") in list(of_layer("Convolution"))
