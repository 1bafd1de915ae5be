"""Planned layers, built."""

from __future__ import annotations

from layerzoo.expansion.naming import Naming
from layerzoo.expansion.planned import Place, Planned
from tests.expansion.configs import FC, HEAD, call, expanded
from tests.expansion.test_scope import first, scope
from tests.nodes.trees import plain


def test_built_layer_keeps_the_order_of_its_fields() -> None:
    layer = first('layer { type: "ReLU" name: "r" when: true bottom: "x" include { phase: TEST } top: "y" }')
    place = Place(scope(), Naming("a/"))
    name = first('name: "a/r"')
    planned = Planned(layer, place, {"name": [name]}, None, "r", {})
    assert plain(planned.built()) == [
        ("type", '"ReLU"'),
        ("name", '"a/r"'),
        ("bottom", '"x"'),
        ("include", [("phase", "TEST")]),
        ("top", '"y"'),
    ]


def test_rules_around_replace_those_of_the_layer() -> None:
    rule = first("include { phase: TRAIN }")
    planned = Planned(
        first('layer { exclude { stage: "a" } type: "ReLU" }'), Place(scope(), Naming()), {}, [rule], "", {}
    )
    assert plain(planned.built()) == [("type", '"ReLU"'), ("include", [("phase", "TRAIN")])]


def test_rules_of_a_use_reach_the_layers_of_its_block() -> None:
    use = call('net: "fc" with { n: 2 }').replace("subnet_param", "include { phase: TRAIN } subnet_param")
    net = expanded(HEAD + FC + use)
    assert [[rule.phase for rule in one.include] for one in net.layer] == [[], [0], [0]]
