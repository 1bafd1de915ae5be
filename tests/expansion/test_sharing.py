"""Params of blocks: shared, renamed, and with multipliers."""

from __future__ import annotations

from layerzoo.expansion.naming import Naming
from layerzoo.expansion.sharing import Sharing
from tests.expansion.configs import FC, HEAD, expanded
from tests.expansion.test_scope import first, scope
from tests.nodes.trees import plain

NAMED = FC.replace('top: "y"\n', 'top: "y" param { name: "w" }\n')


def use(name: str, param: str, extra: str = "") -> str:
    return (
        f'layer {{ name: "{name}" type: "Call" bottom: "data" top: "{name}" {extra}'
        f' subnet_param {{ net: "fc" with {{ n: 8 }} {param} }} }}'
    )


def test_runs_share_their_params_on_demand() -> None:
    net = expanded(HEAD + FC + use("a", "times: 2 share_params: true"))
    assert [one.all_params.name for one in net.layer[1::2]] == ["a/ip", "a/ip"]
    net = expanded(HEAD + FC + use("a", "times: 2"))
    assert not any(one.HasField("all_params") for one in net.layer)


def test_param_of_a_use_names_and_scales_all_of_the_block() -> None:
    net = expanded(
        HEAD + FC + use("a", "", 'param { name: "D" lr_mult: 0.5 }') + use("b", "", 'param { name: "D" }')
    )
    assert [one.all_params.name for one in net.layer[1:]] == ["D/ip", "D/relu", "D/ip", "D/relu"]
    assert [one.all_params.lr_mult for one in net.layer[1:]] == [0.5, 0.5, 1, 1]


def test_multipliers_of_nested_uses_are_multiplied() -> None:
    outer = (
        'subnet { name: "o" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "i" type: "Call" bottom: "x" top: "z" param { lr_mult: 0.5 decay_mult: 3 }'
        ' subnet_param { net: "fc" with { n: 8 } } } }'
    )
    call = (
        'layer { name: "c" type: "Call" bottom: "data" top: "c" param { lr_mult: 0.2 }'
        ' subnet_param { net: "o" } }'
    )
    whole = expanded(HEAD + FC + outer + call).layer[1].all_params
    assert (round(whole.lr_mult, 6), whole.decay_mult, whole.name) == (0.1, 3, "")


def test_names_of_params_get_the_path_of_the_block() -> None:
    net = expanded(HEAD + NAMED + use("a", "times: 2"))
    assert [one.param[0].name for one in net.layer[1::2]] == ["a/0/w", "a/1/w"]
    net = expanded(HEAD + NAMED + use("a", "times: 2 share_params: true"))
    assert [one.param[0].name for one in net.layer[1::2]] == ["a/w", "a/w"]


def test_use_takes_one_param() -> None:
    here = scope()
    layer = first("layer { param { } param { share_mode: STRICT } }")
    Sharing().of_call(layer.all("param"), "a", Naming(), False, here)
    assert [fault.message for fault in here.faults] == [
        "a Call takes one 'param', for all params of its subnet"
    ]
    other = first("layer { param { share_mode: STRICT } }")
    Sharing().of_call(other.all("param"), "a", Naming(), False, here)
    assert here.faults[1].message == "'share_mode' in the 'param' of a Call"


def test_run_has_a_name_of_its_own_where_it_shares_none() -> None:
    assert Sharing("D/").of_run(2).name == "D/2/"
    assert Sharing("D/").of_run(None).name == "D/"
    assert Sharing().of_run(2).name is None


def test_layers_own_multipliers_stay() -> None:
    here = scope()
    layer = first("layer { all_params { lr_mult: 2 decay_mult: 0.5 } }")
    children = Sharing("D/", (0.5, 1.0)).all_params(layer.children or [], "ip", layer, here)
    assert [plain(child) for child in children] == [[("name", '"D/ip"'), ("decay_mult", "0.5")]]
