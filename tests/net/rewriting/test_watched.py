"""What may change on a net between passes."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from layerzoo.layer import Layer
from layerzoo.net.rewriting.chains import is_plain
from layerzoo.net.rewriting.watched import WatchedLayers, WatchedParams
from tests.net.rewriting.test_deployment import residual


def _layers() -> list[Layer]:
    return residual().ordered_layers()


@pytest.mark.parametrize(
    "change",
    [
        lambda layer: layer.register_forward_hook(lambda *_: None),
        lambda layer: layer.register_forward_pre_hook(lambda *_: None),
        lambda layer: layer.register_full_backward_hook(lambda *_: None),
        lambda layer: layer.register_full_backward_pre_hook(lambda *_: None),
        lambda layer: setattr(layer, "forward", lambda x: x),
        lambda layer: layer.views.update({0: (1, 2)}),
    ],
)
def test_watched_layers_see_what_makes_a_layer_not_plain(change: object) -> None:
    layers = _layers()
    watched = WatchedLayers(layers)
    copied = copy.deepcopy((watched, layers))
    for seen, own in ((watched, layers), copied):
        assert seen.look() == []
        assert callable(change)
        change(own[3])
        assert not is_plain(own[3])
        assert seen.look() == [3]


def test_watched_layers_see_training_mode() -> None:
    layers = _layers()
    watched = WatchedLayers(layers)
    layers[2].train()
    assert watched.look() is None
    layers[2].eval()
    assert watched.look() == []


def test_watched_params_are_those_of_the_layers_now() -> None:
    layers = _layers()
    watched = WatchedParams(layers)
    named = [param for layer in layers for param in layer.parameters()]
    assert list(map(id, watched.now())) == list(map(id, named))
    other = nn.Parameter(torch.zeros(8, 8, 3, 3))
    layers[4].weight = other
    assert sum(param is other for param in watched.now()) == 1
    layers[1].bias = None
    assert len(watched.now()) == len(named) - 1


def test_watched_params_see_modules_inside_of_layers() -> None:
    layers = _layers()
    layers[2].inner = nn.Linear(2, 2)
    watched = WatchedParams(layers)
    count = len(watched.now())
    layers[2].inner = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    assert len(watched.now()) == count + 2
