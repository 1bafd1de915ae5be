"""The graph of a subnet, and the faults in it."""

from __future__ import annotations

import re

import pytest

from layerzoo.errors import ConfigError, LayerFault
from layerzoo.loader import parse_net
from layerzoo.net.wiring import graph_of
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetState
from layerzoo.subnet.body_graph import body_graph, body_layers, layer_count
from tests.subnet.layers import inputs

BODY = """body {
  layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 5 } }
  layer { name: "drop" type: "Dropout" bottom: "y" top: "y" include { phase: TRAIN } }
  layer { name: "extra" type: "TanH" bottom: "y" top: "z" include { stage: "more" } }
}"""


def param(body: str = BODY, phase: int = TRAIN) -> LayerParameter:
    layer = parse_net(f'layer {{ name: "l" type: "Loop" subnet_param {{ {body} }} }}').message.layer[0]
    layer.phase = phase  # type: ignore[assignment]  # one of the two
    return layer


def test_shapes_of_a_run_replace_the_declared_ones() -> None:
    graph = body_graph(param(), [(7, 3)])
    assert [blob.shape for blob in graph.blobs] == [(7, 3), (7, 5), (7, 5)]
    assert body_graph(param(), [(7, 3)]) is graph  # kept
    assert body_graph(param(), [(8, 3)]) is not graph


def test_layers_are_those_of_phase_and_stages() -> None:
    assert [layer.name for layer in body_graph(param(phase=TEST), [(7, 3)]).layers] == ["in", "ip"]
    staged = param(phase=TEST)
    staged.subnet_param.body.state.stage.append("more")
    assert [layer.name for layer in body_graph(staged, [(7, 3)]).layers] == ["in", "ip", "extra"]
    assert [layer.name for layer, _ in body_layers(staged)] == ["in", "ip", "extra"]


def test_stages_of_the_net_reach_its_subnets() -> None:
    text = (
        inputs(x=(7, 3))
        + f'layer {{ name: "l" type: "Loop" bottom: "x" top: "t" subnet_param {{ {BODY} }} }}'
    )
    graph = graph_of(parse_net(text), NetState(phase=TEST, stage=["more"]))
    assert [layer.name for layer in graph.layers[1].inner[0].graph.layers] == ["in", "ip", "extra"]


def test_missing_subnet_is_a_fault() -> None:
    with pytest.raises(LayerFault, match="the layer runs no subnet"):
        body_graph(param(""), [])


def faults(body: str) -> list[str]:
    text = (
        inputs(x=(7, 3))
        + f'layer {{ name: "l" type: "Loop" bottom: "x" top: "t" subnet_param {{ {body} }} }}'
    )
    with pytest.raises(ConfigError) as caught:
        graph_of(parse_net(text), NetState(phase=TRAIN))
    return [str(fault) for fault in caught.value.faults]


def test_faults_stand_at_their_lines_and_name_both_layers() -> None:
    body = BODY.replace("num_output: 5", "num_output: 0").replace(
        'bottom: "y" top: "z"', 'bottom: "yy" top: "z"'
    )
    body = body.replace('include { stage: "more" }', "")
    first, second = faults(body)
    assert re.match(r"<prototxt>:3:\d+: num_output", first)
    assert "(layer 'l/ip')" in first
    assert re.match(r"<prototxt>:5:\d+: unknown bottom blob 'yy' \(layer 'l/extra'\)", second)
    assert "did you mean 'y'?" in second


def test_faults_of_a_subnet_in_a_subnet_name_all_three_layers() -> None:
    inner = BODY.replace("num_output: 5", "num_output: 0")
    nested = f"""body {{ layer {{ name: "in" type: "Input" top: "x" }}
      layer {{ name: "inner" type: "Loop" bottom: "x" top: "y" subnet_param {{ {inner} }} }} }}"""
    (fault,) = faults(nested)
    assert "(layer 'l/inner/ip')" in fault
    assert fault.startswith("<prototxt>:4:")


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        ('type: "DummyData" top: "d" dummy_data_param { shape { dim: 1 } }', "'DummyData' reads data"),
        (
            'type: "HDF5Output" bottom: "y" bottom: "y" hdf5_output_param { file_name: "f" }',
            "'HDF5Output' has effects beyond its tops",
        ),
    ],
)
def test_layers_with_data_or_effects_are_refused(layer: str, why: str) -> None:
    (fault,) = faults(BODY[:-1] + f'layer {{ name: "odd" {layer} }} }}')
    assert f"a layer of type {why}: a subnet can't run it (layer 'l/odd')" in fault


def test_warnings_of_a_subnet_are_those_of_the_net() -> None:
    body = BODY.replace("num_output: 5", "num_output: 5 } relu_param { negative_slope: 0.1")
    text = (
        inputs(x=(7, 3))
        + f'layer {{ name: "l" type: "Loop" bottom: "x" top: "t" subnet_param {{ {body} }} }}'
    )
    (warning,) = graph_of(parse_net(text), NetState(phase=TRAIN)).warnings
    assert warning.layer == "l/ip"
    assert "relu_param" in warning.message
    assert warning.origin is not None


def test_layer_count_includes_inner_layers() -> None:
    nested = f"""body {{ layer {{ name: "in" type: "Input" top: "x" }}
      layer {{ name: "inner" type: "Loop" bottom: "x" top: "y" subnet_param {{ {BODY} }} }} }}"""
    assert layer_count(body_graph(param(nested), [(7, 3)])) == 2 + 3
