from __future__ import annotations

import pytest
import torch
from torch import nn

from layerzoo.errors import ConfigError
from layerzoo.optimizer import UpdateParam, freeze


def params(*names):
    return [UpdateParam(nn.Parameter(torch.ones(1)), 2, 3, name) for name in names]


def test_patterns_match_whole_layer_names():
    frozen = freeze(["conv?", "a/b.c"], params("conv1.weight", "conv10.weight", "a/b.c.bias", "ip.weight"))
    assert [(p.lr_mult, p.decay_mult) for p in frozen] == [(0, 0), (2, 3), (0, 0), (2, 3)]
    assert [p.param.requires_grad for p in frozen] == [False, True, False, True]


def test_pattern_that_matches_no_layer_is_a_fault():
    with pytest.raises(ConfigError) as caught:
        freeze(["cnov1", "x*", "ip"], params("conv1.weight", "ip.weight"))
    assert [fault.message for fault in caught.value.faults] == [
        "freeze: 'cnov1' matches no layer with params",
        "freeze: 'x*' matches no layer with params",
    ]
    assert caught.value.faults[0].hint == "did you mean 'conv1'?"


def test_name_of_several_layers_freezes_all_of_them():
    layers = [p._replace(layer="i") for p in params("i.weight", "i#2.weight")] + params("j.weight")
    assert [p.lr_mult for p in freeze(["i"], layers)] == [0, 0, 2]
    assert [p.lr_mult for p in freeze(["i#2"], layers)] == [2, 0, 2]
