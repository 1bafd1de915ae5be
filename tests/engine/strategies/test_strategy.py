"""The interface that all strategies have."""

from __future__ import annotations

import inspect

import pytest

from layerzoo.engine.strategies.shared_blobs import SharedBlobs
from layerzoo.engine.strategies.strategy import Strategy
from layerzoo.engine.strategies.whole_net import WholeNet


@pytest.mark.parametrize("kind", [WholeNet, SharedBlobs])
def test_strategy_methods_have_the_signatures_of_the_protocol(kind: type) -> None:
    methods = {name: f for name, f in vars(Strategy).items() if inspect.isfunction(f) and name[0] != "_"}
    assert methods.keys() == {"begin", "run", "end", "fetch_again", "loss", "test"}
    for name, method in methods.items():
        assert inspect.signature(getattr(kind, name)) == inspect.signature(method), name
