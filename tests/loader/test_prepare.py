"""Trees upgraded, overridden and expanded."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader.prepare import is_early, parsed
from layerzoo.nodes import override


@pytest.mark.parametrize(
    ("argument", "early"),
    [
        ("let.depth=1", True),
        ("net.let.depth=1", True),
        ("net_param.let.depth=1", True),
        ("subnet[a].layer[b].type=ReLU", True),
        ("include=a.yaml", True),
        ("layer[a].subnet_param.times=2", True),
        ("layer[a].when=false", True),
        ("layer[a].repeat.times=3", True),
        ("layer[a].subnet_param.body.layer[b].type=ReLU", False),
        ("layer[a].include.phase=TEST", False),
        ("net.layer[a/b].type=ReLU", False),
        ("base_lr=1", False),
        ("net=a.yaml", False),
    ],
)
def test_override_acts_before_expansion_where_it_changes_blocks(argument: str, early: bool) -> None:
    assert is_early(override.parse(argument)) == early


def test_all_malformed_overrides_are_reported_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parsed(["a=", "base_lr=1", "=b"])
    assert len(caught.value.faults) == 2


def test_old_formats_in_blocks_are_upgraded() -> None:
    from layerzoo.loader import parse_net

    text = (
        'let { n: 1 } layer { name: "d" type: "Input" top: "d" input_param { shape { dim: 1 } } }'
        ' layer { name: "r" repeat { times: 1 layer { name: "b" type: "BatchNorm" bottom: "d" top: "b"'
        " param { lr_mult: 0 } param { lr_mult: 0 } param { lr_mult: 0 } } } }"
    )
    assert parse_net(text, format="prototxt").message.layer[1].name == "r/0/b"
