"""Numbers of bottoms and tops, and what the graph makes of each kind."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError
from layerzoo.layer import LAYERS, Arity, at_least, between, exactly
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TRAIN, NetState


def test_arity_has_a_lower_and_an_upper_bound() -> None:
    assert exactly(2) == Arity(min=2, max=2)
    assert at_least(2) == Arity(min=2, max=None)
    assert between(1, 3) == Arity(min=1, max=3)


@pytest.mark.parametrize(
    ("kind", "arity", "refused", "message"),
    [
        ("Softmax", exactly(1), [0, 2], "takes exactly 1 bottom, not"),
        ("Eltwise", at_least(2), [0, 1], "takes at least 2 bottoms, not"),
        ("Scale", between(1, 2), [0, 3], "takes 1 to 2 bottoms, not"),
    ],
)
def test_arity_of_bottoms_is_checked_at_both_ends(
    kind: str, arity: Arity, refused: list[int], message: str
) -> None:
    assert LAYERS[kind].bottoms == arity
    head = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'
    counts = [arity.min, (arity.min + 3) if arity.max is None else arity.max]
    for count in [*counts, *refused]:
        bottoms = 'bottom: "x" ' * count
        text = head + f'layer {{ name: "l" type: "{kind}" {bottoms} top: "y" scale_param {{ axis: 0 }} }}'
        if kind != "Scale":
            text = text.replace("scale_param { axis: 0 }", "")
        if count in refused:
            with pytest.raises(ConfigError, match=f"'{kind}' {message} {count}"):
                graph_of(parse_net(text), NetState(phase=TRAIN))
        else:
            graph = graph_of(parse_net(text), NetState(phase=TRAIN))
            assert len(graph.layers[1].bottoms) == count
