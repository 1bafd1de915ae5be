"""Blocks become plain layers."""

from __future__ import annotations

import time

import pytest

from layerzoo.errors import ConfigError
from layerzoo.expansion.fields import MAX_LAYERS
from layerzoo.loader import parse_net
from tests.expansion.configs import FC, HEAD, call, expanded, faults, wired


def test_call_becomes_the_layers_of_its_subnet() -> None:
    call = (
        'layer { name: "a" type: "Call" bottom: "data" top: "out" subnet_param { net: "fc" with { n: 4 } } }'
    )
    assert wired(HEAD + FC + call)[1:] == [
        ("a/ip", "InnerProduct", ["data"], ["out"]),
        ("a/relu", "ReLU", ["out"], ["out"]),
    ]
    assert expanded(HEAD + FC + call).layer[1].inner_product_param.num_output == 4
    assert expanded(HEAD + FC + call).layer[1].inner_product_param.bias_term


def test_times_chains_outputs_to_inputs() -> None:
    use = call('net: "fc" times: 3 with { n: ${2 ** (i + 1)} }')
    net = expanded(HEAD + FC + use)
    assert wired(HEAD + FC + use)[1::2] == [
        ("a/0/ip", "InnerProduct", ["data"], ["a/0/y"]),
        ("a/1/ip", "InnerProduct", ["a/0/y"], ["a/1/y"]),
        ("a/2/ip", "InnerProduct", ["a/1/y"], ["out"]),
    ]
    assert [one.inner_product_param.num_output for one in net.layer[1::2]] == [2, 4, 8]


def test_last_layer_of_a_block_may_be_a_repeated_call() -> None:
    stage = (
        'subnet { name: "stage" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "r" type: "Call" bottom: "x" top: "y${i}" '
        'subnet_param { net: "fc" times: 2 with { n: 4 } } } }'
    )
    assert wired(HEAD + FC + stage + call('net: "stage" times: 2'))[1::2] == [
        ("a/0/r/0/ip", "InnerProduct", ["data"], ["a/0/y0"]),
        ("a/0/r/1/ip", "InnerProduct", ["a/0/y0"], ["a/0/y1"]),
        ("a/1/r/0/ip", "InnerProduct", ["a/0/y1"], ["a/1/y0"]),
        ("a/1/r/1/ip", "InnerProduct", ["a/1/y0"], ["out"]),
    ]


def test_block_in_place_as_written_adds_no_layer() -> None:
    subnet = (
        'subnet { name: "act" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "relu" type: "ReLU" bottom: "x" top: "x" } }'
    )
    use = call('net: "act" names: AS_WRITTEN', top="data")
    assert wired(HEAD + subnet + use)[1:] == [("relu", "ReLU", ["data"], ["data"])]


def test_names_as_written_inside_a_path_are_of_that_path() -> None:
    outer = (
        'subnet { name: "outer" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "r" type: "Call" bottom: "x" top: "y" '
        'subnet_param { net: "fc" names: AS_WRITTEN with { n: 4 } } } }'
    )
    use = call('net: "outer" times: 2')
    assert [name for name, *_ in wired(HEAD + FC + outer + use)[1:]] == [
        "a/0/ip",
        "a/0/relu",
        "a/1/ip",
        "a/1/relu",
    ]


def test_with_takes_a_map() -> None:
    use = call('net: "fc" each: ${[{n: 4}, {n: 6, bias: false}]} var: "v" with: ${v}')
    params = [layer.inner_product_param for layer in expanded(HEAD + FC + use).layer[1::2]]
    assert [(one.num_output, one.bias_term) for one in params] == [(4, True), (6, False)]
    wrong = call('net: "fc" with: ${[1, 2]}')
    assert [text.split(" ", 1)[1] for text in faults(HEAD + FC + wrong)] == [
        "'n' of subnet 'fc' is missing",
        "'with' takes the values of parameters by name",
    ]


def test_no_runs_pass_the_input_on() -> None:
    use = call('net: "fc" times: 0 with { n: 1 }')
    user = 'layer { name: "end" type: "ReLU" bottom: "out" top: "end" }'
    assert wired(HEAD + FC + use + user)[1:] == [
        ("a", "Split", ["data"], ["out"]),
        ("end", "ReLU", ["out"], ["end"]),
    ]


def test_each_goes_through_a_list_and_names_the_tops() -> None:
    call = (
        'layer { name: "a" type: "Call" bottom: "data" top: "ip${n}" '
        'subnet_param { net: "fc" each: [4, 6] var: "n" names: AS_WRITTEN with { n: ${n} } } }'
    )
    subnet = FC.replace('name: "ip"', 'name: "ip${n}"').replace('name: "relu"', 'name: "relu${n}"')
    assert wired(HEAD + subnet + call)[1:] == [
        ("ip4", "InnerProduct", ["data"], ["ip4"]),
        ("relu4", "ReLU", ["ip4"], ["ip4"]),
        ("ip6", "InnerProduct", ["ip4"], ["ip6"]),
        ("relu6", "ReLU", ["ip6"], ["ip6"]),
    ]


def test_names_as_written_must_differ() -> None:
    call = (
        'layer { type: "Call" bottom: "data" top: "y${i}" '
        'subnet_param { net: "fc" times: 2 names: AS_WRITTEN with { n: 4 } } }'
    )
    assert [text.split(" ", 1)[1] for text in faults(HEAD + FC + call)] == [
        "the layer 'ip' exists already",
        "the layer 'relu' exists already",
    ]


def test_layer_in_place_on_an_input_leaves_the_callers_blob() -> None:
    subnet = (
        'subnet { name: "act" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "relu" type: "ReLU" bottom: "x" top: "x" }'
        ' layer { name: "tanh" type: "TanH" bottom: "x" top: "y" } }'
    )
    use = call('net: "act"')
    assert wired(HEAD + subnet + use)[1:] == [
        ("a/relu", "ReLU", ["data"], ["a/x"]),
        ("a/tanh", "TanH", ["a/x"], ["out"]),
    ]


def test_output_that_is_an_input_becomes_a_split() -> None:
    subnet = (
        'subnet { name: "s" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "t" type: "TanH" bottom: "x" top: "y" } }'
    )
    call = (
        'layer { name: "a" type: "Call" bottom: "data" top: "same" top: "out" '
        'subnet_param { net: "s" output: "x" output: "y" } }'
    )
    assert wired(HEAD + subnet + call)[1:] == [
        ("a/t", "TanH", ["data"], ["out"]),
        ("a/x", "Split", ["data"], ["same"]),
    ]


def test_blocks_nest_with_their_paths() -> None:
    outer = (
        'subnet { name: "two" arg { name: "n" } layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "p" type: "Call" bottom: "x" top: "h" subnet_param { net: "fc" with { n: ${n} } } }'
        ' layer { name: "q" type: "Call" bottom: "h" top: "z"'
        ' subnet_param { net: "fc" with { n: ${2 * n} } } } }'
    )
    call = (
        'layer { name: "a" type: "Call" bottom: "data" top: "out" subnet_param { net: "two" with { n: 3 } } }'
    )
    assert wired(HEAD + FC + outer + call)[1:] == [
        ("a/p/ip", "InnerProduct", ["data"], ["a/h"]),
        ("a/p/relu", "ReLU", ["a/h"], ["a/h"]),
        ("a/q/ip", "InnerProduct", ["a/h"], ["out"]),
        ("a/q/relu", "ReLU", ["out"], ["out"]),
    ]


def test_repeat_sees_the_blobs_around_it() -> None:
    repeat = (
        'layer { name: "heads" repeat { var: "n" over: [3, 5]'
        ' layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip"'
        " inner_product_param { num_output: ${n} } }"
        ' layer { name: "relu" type: "ReLU" bottom: "ip" top: "ip" } } }'
        'layer { name: "all" type: "Concat" bottom: "heads/0/ip" bottom: "heads/1/ip" top: "all" }'
    )
    assert wired(HEAD + repeat)[1:] == [
        ("heads/0/ip", "InnerProduct", ["data"], ["heads/0/ip"]),
        ("heads/0/relu", "ReLU", ["heads/0/ip"], ["heads/0/ip"]),
        ("heads/1/ip", "InnerProduct", ["data"], ["heads/1/ip"]),
        ("heads/1/relu", "ReLU", ["heads/1/ip"], ["heads/1/ip"]),
        ("all", "Concat", ["heads/0/ip", "heads/1/ip"], ["all"]),
    ]


def test_when_leaves_a_layer_out() -> None:
    layers = "".join(
        f'layer {{ name: "l{n}" when: ${{depth > {n}}} type: "ReLU" bottom: "data" top: "l{n}" }}'
        for n in (1, 2)
    )
    assert [name for name, *_ in wired(HEAD + "let { depth: 2 }" + layers)] == ["data", "l1"]
    assert [name for name, *_ in wired(HEAD + "let { depth: 2 }" + layers, ["let.depth=3"])] == [
        "data",
        "l1",
        "l2",
    ]


def test_carry_says_which_input_gets_an_output() -> None:
    subnet = (
        'subnet { name: "s" layer { name: "in" type: "Input" top: "a" top: "b" }'
        ' layer { name: "add" type: "Eltwise" bottom: "a" bottom: "b" top: "c" } }'
    )
    call = (
        'layer { name: "s" type: "Call" bottom: "data" bottom: "data" top: "out" '
        'subnet_param { net: "s" times: 2 carry { blob: "c" input: "b" } } }'
    )
    assert wired(HEAD + subnet + call)[1:] == [
        ("s/0/add", "Eltwise", ["data", "data"], ["s/0/c"]),
        ("s/1/add", "Eltwise", ["data", "s/0/c"], ["out"]),
    ]


def test_running_layers_get_the_expanded_subnet() -> None:
    layer = (
        'layer { name: "r" type: "Recurrent" bottom: "data" top: "r" '
        'subnet_param { net: "fc" with { n: 4 } carry { blob: "y" input: "x" } } }'
    )
    param = expanded(HEAD + FC + layer).layer[1].subnet_param
    assert [one.name for one in param.body.layer] == ["in", "ip", "relu"]
    assert param.body.layer[1].inner_product_param.num_output == 4
    assert param.net == "fc"
    assert not param.HasField("with")
    assert param.carry[0].blob == "y"


def test_faults_inside_a_block_show_both_places() -> None:
    text = (
        HEAD + FC.replace("num_output: ${n}", "num_output: ${n + k}") + "\n" + call('net: "fc" with { n: 4 }')
    )
    with pytest.raises(ConfigError) as caught:
        parse_net(text, format="prototxt")
    (fault,) = caught.value.faults
    assert str(fault).splitlines() == [
        "<prototxt>:5:45: unknown name 'k'",
        "     5 |     inner_product_param { num_output: ${n + k} bias_term: ${bias} } }",
        "       |                                             ^",
        "    in block 'fc', called at <prototxt>:9:1 with n=4, bias=true",
        "    known here: n, bias",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('subnet_param { net: "fcc" with { n: 1 } }', "no subnet is named 'fcc'"),
        ('subnet_param { net: "fc" }', "'n' of subnet 'fc' is missing"),
        ('subnet_param { net: "fc" with { n: 1.5 } }', "'n' takes an integer (int64), not '1.5'"),
        ('subnet_param { net: "fc" with { n: 1 m: 2 } }', "unknown field 'm' in 'with'"),
        ('subnet_param { net: "fc" with { n: 1 } times: -1 }', "'times' takes a whole number from 0, not -1"),
        ('subnet_param { net: "fc" with { n: 1 } times: 2 each: [1] }', "both 'each' and 'times'"),
        (
            'subnet_param { net: "fc" with { n: 1 } output: "q" }',
            "no layer of subnet 'fc' produces its output 'q'",
        ),
        ('subnet_param { net: "fc" with { n: 1 } } bottom: "data"', "subnet 'fc' has 1 inputs (x), not 2"),
        ('subnet_param { net: "fc" with { n: 1 } } top: "b"', "2 tops for 1 outputs of subnet 'fc' (y)"),
        ('subnet_param { net: "fc" with { n: 1 } } relu_param {}', "'relu_param' in a Call"),
        ("", "a Call names no subnet"),
    ],
)
def test_wrong_call_is_a_fault(call: str, message: str) -> None:
    layer = f'layer {{ name: "a" type: "Call" bottom: "data" top: "out" {call} }}'
    assert message in [text.split(" ", 1)[1] for text in faults(HEAD + FC + layer)]


def test_subnet_that_uses_itself_is_a_fault() -> None:
    text = HEAD + (
        'subnet { name: "a" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "b" type: "Call" bottom: "x" top: "y" subnet_param { net: "b" } } }'
        'subnet { name: "b" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "a" type: "Call" bottom: "x" top: "y" subnet_param { net: "a" } } }'
        'layer { name: "c" type: "Call" bottom: "data" top: "z" subnet_param { net: "a" } }'
    )
    assert [t.split(" ", 1)[1] for t in faults(text)] == ["subnet 'a' uses itself: a > b > a"]


@pytest.mark.parametrize(
    "layers",
    [
        'layer { name: "r" repeat { times: ${10 ** 18}'
        ' layer { name: "a" type: "ReLU" bottom: "data" top: "a" } } }',
        'layer { name: "r" repeat { times: 1000 layer { name: "q" repeat { times: 1000'
        ' layer { name: "a" type: "ReLU" bottom: "data" top: "a" } } } } }',
    ],
)
def test_too_many_layers_end_at_once(layers: str) -> None:
    start = time.monotonic()
    assert faults(HEAD + layers)[0].endswith(f"the net has more than {MAX_LAYERS:,} layers")
    assert time.monotonic() - start < 10  # the goal is 1 s


def test_mistakes_of_a_block_are_reported_once() -> None:
    use = call('net: "fc" times: 20 with { n: 4 }')
    text = HEAD + FC.replace("bias_term", "bias_trem") + use
    assert [t.split(" ", 1)[1] for t in faults(text)] == [
        "unknown field 'bias_trem' in 'inner_product_param'"
    ]


@pytest.mark.parametrize("names", ["", "names: AS_WRITTEN"])
def test_block_sees_its_inputs_and_no_other_blob(names: str) -> None:
    subnet = (
        'subnet { name: "s" layer { name: "in" type: "Input" top: "x" }'
        ' layer { name: "add" type: "Eltwise" bottom: "x" bottom: "outside" top: "y" } }'
    )
    text = HEAD + 'layer { name: "o" type: "TanH" bottom: "data" top: "outside" }' + subnet
    assert [t.split(" ", 1)[1] for t in faults(text + call(f'net: "s" {names}'))] == [
        "unknown bottom blob 'outside' in a block"
    ]


def test_missing_parameter_is_one_fault() -> None:
    text = HEAD + FC + call('net: "fc" times: 3') + 'layer { name: "e" type: "ReLU" bottom: "out" top: "e" }'
    assert [t.split(" ", 1)[1] for t in faults(text)] == ["'n' of subnet 'fc' is missing"]


BLOCK = """
subnet { name: "dropped"
  layer { name: "in" type: "Input" top: "x" top: "w" }
  layer { name: "drop" type: "Dropout" bottom: "w" top: "w" }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { blob: "w" } param { name: "b" }
    inner_product_param { num_output: 3 } } }
"""
TWICE = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "weight" type: "Parameter" top: "weight" parameter_param { shape { dim: 3 dim: 3 } } }
layer { name: "a" type: "Call" bottom: "x" bottom: "weight" top: "a" subnet_param { net: "dropped" } }
layer { name: "b" type: "Call" bottom: "a" bottom: "weight" top: "b" subnet_param { net: "dropped" } }
"""


def test_blob_of_a_param_is_renamed_as_a_bottom_is() -> None:
    layers = {layer.name: layer for layer in expanded(BLOCK + TWICE).layer}
    assert [[spec.blob for spec in layers[name].param] for name in ("a/ip", "b/ip")] == [
        ["a/w", ""],
        ["b/w", ""],
    ]
    assert layers["b/ip"].param[1].name == "b/b"
    assert list(layers["a/drop"].bottom) == ["weight"]
    direct = BLOCK.replace('layer { name: "drop" type: "Dropout" bottom: "w" top: "w" }', "")
    assert expanded(direct + TWICE).layer[2].param[0].blob == "weight"


def test_blob_of_a_param_is_one_of_the_block() -> None:
    text = BLOCK.replace('blob: "w"', 'blob: "ww"') + TWICE
    assert faults(text) == ["5:78 unknown param blob 'ww' in a block"]


def test_blob_of_a_param_may_be_an_expression() -> None:
    text = """
    layer { name: "x" type: "Input" top: "x" }
    layer { name: "r" repeat { times: 2
      layer { name: "w" type: "Parameter" top: "w" }
      layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" param { blob: "w" } } } }
    layer { name: "last" type: "InnerProduct" bottom: "x" param { blob: "r/${1 - 1}/w" } }
    """
    assert [layer.param[0].blob for layer in expanded(text).layer[2::2]] == ["r/0/w", "r/1/w"]
    assert expanded(text).layer[-1].param[0].blob == "r/0/w"
