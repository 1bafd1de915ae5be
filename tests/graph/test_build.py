"""Building graphs of layer types defined for the test: blobs, shapes, faults."""

from __future__ import annotations

import pytest

from layerzoo import forks
from layerzoo.errors import ConfigError
from layerzoo.graph import build_graph, wanted_below
from layerzoo.loader import parse_net
from layerzoo.schema import TEST, TRAIN, NetState
from tests.graph.layer_types import HEAD, TYPES, graph


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        graph(text)
    return [f"{fault.message} | {fault.hint}" for fault in raised.value.faults]


def test_in_place_layer_makes_a_new_version() -> None:
    g = graph(
        HEAD
        + """layer { name: "d" type: "Dense" bottom: "x" top: "y" inner_product_param { num_output: 5 } }
        layer { name: "side" type: "Act" bottom: "y" top: "s" }
        layer { name: "a" type: "Act" bottom: "y" top: "y" }
        layer { name: "b" type: "Act" bottom: "y" top: "z" }"""
    )
    assert [b.name for b in g.blobs] == ["x", "t", "y", "s", "y", "z"]
    first, second = [b for b in g.blobs if b.name == "y"]
    assert first.consumers == [(2, 0), (3, 0)], "layer side, before the in-place one, reads the first version"
    assert second.consumers == [(4, 0)]
    assert g.last["y"] is second
    assert [b.name for b in g.outputs] == ["s", "t", "z"], "sorted by name, as in Caffe"
    assert [b.shape for b in g.blobs] == [(2, 3), (2, 3), (2, 5), (2, 5), (2, 5), (2, 5)]


def test_layers_are_filtered_by_phase_level_and_stage() -> None:
    text = HEAD + "".join(
        f'layer {{ name: "{name}" type: "Act" bottom: "x" top: "{name}" {rule} }}\n'
        for name, rule in {
            "train": "include { phase: TRAIN }",
            "deep": "include { min_level: 2 max_level: 3 }",
            "staged": 'include { stage: "a" stage: "b" }',
            "either": 'include { phase: TRAIN } include { stage: "a" }',
            "not": 'exclude { phase: TEST not_stage: "c" }',
        }.items()
    )

    def names(**state: object) -> list[str]:
        return [layer.name for layer in graph(text, **state).layers[1:]]  # type: ignore[arg-type]

    assert names() == ["train", "either", "not"]
    assert names(phase=TEST) == []
    assert names(phase=TEST, stage=["c"]) == ["not"]
    assert names(phase=TEST, level=2, stage=["a", "b"]) == ["deep", "staged", "either"]
    assert names(level=4) == ["train", "either", "not"]


def test_faults_are_reported_all_at_once() -> None:
    unread = "'dataset_param' in a layer of type 'Act', which reads no message"
    found = faults(
        HEAD
        + """layer { name: "a" type: "Dens" bottom: "x" top: "a" }
        layer { name: "b" type: "Act" bottom: "xx" top: "b" }
        layer { name: "c" type: "Act" bottom: "x" top: "t" }
        layer { name: "d" type: "Loss" bottom: "x" top: "d" }
        layer { name: "e" type: "Act" bottom: "x" top: "e" dataset_param { size: 1 } }
        layer { name: "f" type: "Twin" bottom: "x" bottom: "t" top: "f" }
        layer { name: "g" type: "Act" bottom: "x" top: "g" include { } exclude { } }
        layer { name: "h" type: "Act" bottom: "x" top: "h" loss_weight: 1 loss_weight: 2 }
        layer { name: "i" type: "Act" bottom: "x" top: "i" propagate_down: true propagate_down: true }
        layer { name: "j" type: "Act" bottom: "x" top: "j" param { } }
        layer { name: "k" bottom: "x" top: "k" }
        layer { name: "l" type: "Act" bottom: "a" top: "l" }"""
    )
    assert found == [
        "unknown layer type 'Dens' | did you mean 'Dense'?",
        "unknown bottom blob 'xx' | did you mean 'x'?",
        "top blob 't' is already produced by layer 'in' | "
        "give it another name; only a layer's own bottom may be overwritten",
        "'Loss' takes exactly 2 bottoms, not 1 | list exactly 2 bottoms",
        f"{unread} | remove it, or change the type",
        "'Twin' has one top for each bottom: 2 bottoms, but 1 tops | list as many tops as bottoms",
        "include and exclude rules in one layer | give one kind",
        "2 loss_weight for 1 tops | set it for each top, or for none",
        "2 propagate_down for 1 bottoms | set it for each bottom, or for none",
        "1 param for a layer with 0 param blobs | None",
        "the layer has no type | add 'type: …'",
    ], "layer l depends on the faulty a and is not reported"


def test_shape_fault_lists_the_bottoms_and_hides_no_layer_below() -> None:
    found = faults(
        'input: "x" input_shape { dim: 1 dim: 2 dim: 3 }\n'
        'layer { name: "d" type: "Dense" bottom: "x" top: "y" inner_product_param { num_output: 5 } }\n'
        'layer { name: "e" type: "Dense" bottom: "y" top: "z" inner_product_param { num_output: 5 } }'
    )
    assert found == ["takes 2 axes; bottoms: 'x' (1, 2, 3) | flatten it"]


def test_top_level_inputs_become_an_input_layer() -> None:
    g = graph('input: "a" input: "b" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 5 '
              'input_dim: 6 input_dim: 7 input_dim: 8')  # fmt: skip
    assert [(b.name, b.shape) for b in g.inputs] == [("a", (1, 2, 3, 4)), ("b", (5, 6, 7, 8))]


def test_shared_params_have_one_owner() -> None:
    dense = (
        'layer {{ name: "{0}" type: "Dense" bottom: "{1}" top: "{0}" inner_product_param {{ num_output: 3 }} '
        'param {{ name: "w" {2} }} }}\n'
    )
    g = graph(
        HEAD + dense.format("a", "x", "") + dense.format("b", "a", "lr_mult: 2") + dense.format("c", "b", "")
    )
    assert [(p.shared_name, p.lr_mult, p.users) for p in g.params] == [("w", 2.0, [(1, 0), (2, 0), (3, 0)])]
    found = faults(HEAD + dense.format("a", "x", "lr_mult: 1") + dense.format("b", "a", "lr_mult: 2"))
    assert found == [
        "shared param 'w' has lr_mult 1 in layer 'a' and 2 here | "
        "set it in one layer, or to the same value in all"
    ]


def test_shared_params_of_different_shapes_need_permissive() -> None:
    text = HEAD + (
        'layer { name: "a" type: "Dense" bottom: "x" top: "a" inner_product_param { num_output: 6 } '
        'param { name: "w" } }\n'
        'layer { name: "b" type: "Dense" bottom: "a" top: "b" inner_product_param { num_output: 3 } '
        'param { name: "w" %s } }'
    )
    assert faults(text % "") == [
        "shared param 'w' is (6, 3) in layer 'a' and (3, 6) here | "
        "PERMISSIVE share_mode allows other shapes of the same count"
    ]
    assert len(graph(text % "share_mode: PERMISSIVE").params) == 1


def test_needs_backward_between_learning_params_and_the_loss() -> None:
    text = (
        HEAD
        + """layer { name: "a" type: "Dense" bottom: "x" top: "a" inner_product_param { num_output: 3 }
                  param { lr_mult: 0 } }
        layer { name: "b" type: "Dense" bottom: "a" top: "b" inner_product_param { num_output: 3 } }
        layer { name: "c" type: "Act" bottom: "b" top: "c" }
        layer { name: "l" type: "Loss" bottom: "b" bottom: "t" }"""
    )
    assert [layer.name for layer in graph(text).layers if layer.needs_backward] == ["b", "l"]
    assert len([x for x in graph("force_backward: true " + text).layers if x.needs_backward]) == 5
    cut = text.replace(
        'bottom: "b" bottom: "t"', 'bottom: "b" bottom: "t" propagate_down: false propagate_down: false'
    )
    assert [layer.name for layer in graph(cut).layers if layer.needs_backward] == []
    assert graph(cut).layers[-1].propagate_down == (False, False)
    assert graph("force_backward: true " + cut).layers[-1].propagate_down == (True, True)


def test_propagate_down_requests_a_gradient_that_no_param_needs() -> None:
    text = (
        HEAD
        + """layer { name: "a" type: "Act" bottom: "x" top: "a" propagate_down: true }
        layer { name: "l" type: "Loss" bottom: "a" bottom: "t" }"""
    )
    g = graph(text)
    assert [layer.name for layer in g.layers if layer.needs_backward] == ["a", "l"]
    assert [wanted_below(g, layer) for layer in g.layers] == [[], [True], [True, False]]
    g = graph(text.replace("propagate_down: true", ""))
    assert [layer.name for layer in g.layers if layer.needs_backward] == []


def test_loss_weights_default_to_one_for_a_loss() -> None:
    g = graph(HEAD + 'layer { name: "l" type: "Loss" bottom: "x" bottom: "t" }')
    assert [(g.blobs[b].name, w) for b, w in g.losses] == [("(l)", 1.0)], (
        "a loss without a top gets one, as in Caffe"
    )
    g = graph(HEAD + 'layer { name: "a" type: "Act" bottom: "x" top: "a" loss_weight: 0.5 }')
    assert [(g.blobs[b].name, w) for b, w in g.losses] == [("a", 0.5)]


def test_unknown_types_are_left_out_with_the_layers_that_depend_on_them() -> None:
    text = (
        HEAD
        + """layer { name: "a" type: "Fancy" bottom: "x" top: "a" }
        layer { name: "b" type: "Act" bottom: "a" top: "b" }
        layer { name: "c" type: "Act" bottom: "x" top: "c" }"""
    )
    g = graph(text, unknown="stub")
    assert [layer.name for layer in g.layers] == ["in", "c"]
    assert [name for name, _ in g.skipped] == ["a", "b"]


def test_shape_of_too_many_elements_is_refused() -> None:
    found = faults('input: "x" input_shape { dim: 1000000 dim: 1000000 dim: 1000000 }')
    assert found == ["impossible shape (1000000, 1000000, 1000000) of blob 'x' | None"]


FOREIGN = 'layer { name: "a" type: "Act" bottom: "x" top: "y" relu_param { } }\n'


def test_message_of_another_type_is_a_warning() -> None:
    g = graph('input: "x" input_shape { dim: 1 }\n' + FOREIGN)
    assert [(f.message, f.layer) for f in g.unread] == [
        ("'relu_param' in a layer of type 'Act', which reads no message", "a")
    ]
    assert g.warnings == g.unread
    assert [layer.name for layer in g.layers] == ["input", "a"]


def test_own_message_in_another_type_is_an_error() -> None:
    own = FOREIGN.replace("relu_param", "dataset_param")
    text = 'input: "x" input_shape { dim: 1 }\n' + own
    message = "'dataset_param' in a layer of type 'Act', which reads no message"
    assert faults(text) == [f"{message} | remove it, or change the type"]
    assert [f.message.partition(" ")[0] for f in graph(text, unknown="stub").unread] == ["'dataset_param'"]


def test_unknown_type_names_the_forks_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forks, "table", lambda: {("layer", "Frobnicate"): "Here, There"})
    assert faults('layer { name: "p" type: "Frobnicate" top: "x" }') == [
        "unknown layer type 'Frobnicate' | a layer type of Caffe's forks Here, There, "
        "which Layerzoo does not support (similar types: Dense)"
    ], "the registry of this test always suggests Dense"
    assert faults('layer { name: "p" type: "Zzz" top: "x" }') == [
        "unknown layer type 'Zzz' | did you mean 'Dense'?"
    ]


OPEN = 'layer { name: "open" type: "Input" top: "x" } layer { name: "a" type: "Act" bottom: "x" top: "y" }\n'


def test_input_without_a_shape_leaves_shapes_open() -> None:
    g = graph(OPEN)
    assert [(blob.name, blob.shape, blob.count) for blob in g.blobs] == [("x", None, 0), ("y", None, 0)]
    assert g.shapes(g.layers[1].tops) == [()]
    with pytest.raises(ConfigError, match="input 'x' has no shape"):
        g.input_shapes()
    assert graph(HEAD).input_shapes() == {"x": (2, 3), "t": (2, 3)}


def test_input_without_a_shape_is_a_fault_where_a_layer_needs_it() -> None:
    assert faults(OPEN + 'layer { name: "d" type: "Dense" bottom: "y" top: "z" }') == [
        "input 'x' has no shape, and layer 'd' (Dense) needs it: takes 2 axes | "
        "add input_param { shape { dim: … } }"
    ]


def test_net_input_without_a_shape_is_dropped() -> None:
    g = graph('input: "x"\n' + HEAD)
    assert [layer.name for layer in g.layers] == ["in"]


GONE = (
    HEAD
    + """layer { name: "gone" type: "Act" bottom: "x" top: "g" }
layer { name: "d" type: "Dense" bottom: "g" top: "z" inner_product_param { num_output: 4 } }
layer { name: "e" type: "Dense" bottom: "x" top: "w" inner_product_param { num_output: 4 } }"""
)


def test_layer_whose_code_is_missing_is_left_out_of_a_net_that_runs() -> None:
    g = graph(GONE, unknown="stub")
    assert [layer.name for layer in g.layers] == ["in", "e"]
    assert g.skipped == [("gone", "no code"), ("d", "bottom 'g' comes from a layer left out")]


def test_layer_whose_code_is_missing_stays_in_a_net_that_is_shown() -> None:
    g = graph(GONE, unknown="show")
    assert [layer.name for layer in g.layers] == ["in", "gone", "d", "e"]
    assert {name: blob.shape for name, blob in g.last.items()} == {
        "x": (2, 3), "t": (2, 3), "g": None, "z": None, "w": (2, 4),
    }  # fmt: skip
    assert (g.missing, g.skipped) == ([("gone", "no code")], [])
    assert [g.macs(layer) for layer in g.layers] == [7, 0, 0, 7]


def located(text: str) -> list[tuple[str, str]]:
    """Position and message of each fault of a text."""
    document = parse_net(text)
    with pytest.raises(ConfigError) as raised:
        build_graph(document.message, NetState(phase=TRAIN), TYPES, root=document.root)
    return [(str(fault.origin), fault.message) for fault in raised.value.faults]


def test_unknown_bottom_is_reported_once_for_all_who_read_it() -> None:
    readers = [f'layer {{ name: "{name}" type: "Act" bottom: "xx" top: "{name}" }}\n' for name in "ab"]
    assert located(HEAD + "".join(readers)) == [("<prototxt>:2:39", "unknown bottom blob 'xx'")]


def test_unknown_bottom_is_reported_at_its_own_position() -> None:
    text = HEAD + 'layer { name: "l" type: "Loss"\n  bottom: "x"\n  bottom: "tt"\n  top: "l" }'
    assert located(text) == [("<prototxt>:4:11", "unknown bottom blob 'tt'")]


def test_param_of_too_many_elements_is_refused() -> None:
    text = """layer { name: "d" type: "Dense" bottom: "x" top: "y"
        inner_product_param { num_output: 4294967295 } }"""
    head = 'input: "x" input_shape { dim: 1 dim: 1000000 }\n'
    assert faults(head + text) == ["impossible shape (4294967295, 1000000) of param 'weight' | None"]


def test_loss_weight_that_is_not_finite_is_a_fault() -> None:
    [fault] = faults(HEAD + 'layer { name: "a" type: "Act" bottom: "x" top: "y" loss_weight: nan }')
    assert fault.startswith("loss_weight is nan; expected a finite number")


def test_bottom_of_a_layer_below_has_a_hint() -> None:
    text = HEAD + 'layer { name: "a" type: "Act" bottom: "b" top: "a" }'
    below = 'layer { name: "b" type: "Act" bottom: "x" top: "b" }'
    hint = "layer 'b' produces it below; move that layer above"
    assert faults(text + below) == [f"unknown bottom blob 'b' | {hint}"]
