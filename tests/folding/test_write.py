"""Nets with blocks written as YAML."""

from __future__ import annotations

from layerzoo.folding.search import find_groups
from layerzoo.folding.slots import slotted
from layerzoo.folding.write import flow, written
from layerzoo.loader import parse_net
from layerzoo.schema import LayerParameter, NetParameter


def net(numbers: list[int]) -> NetParameter:
    text = 'layer { name: "in" type: "Input" top: "y0" }'
    for k, number in enumerate(numbers, 1):
        text += f"""layer {{ name: "ip{k}" type: "InnerProduct" bottom: "y{k - 1}" top: "y{k}"
          inner_product_param {{ num_output: {number} }} }}
        layer {{ name: "relu{k}" type: "ReLU" bottom: "y{k}" top: "y{k}" }}
        layer {{ name: "drop{k}" type: "Dropout" bottom: "y{k}" top: "y{k}" }}"""
    return parse_net(text, format="prototxt").message


def lines(message: NetParameter) -> list[str]:
    layers = [slotted(layer) for layer in message.layer]
    return written(message, find_groups(layers), layers).splitlines()


def test_equally_spaced_numbers_become_times() -> None:
    message = net([10, 20, 30, 40, 50, 60, 70, 80])
    text = lines(message)
    assert "      times: 8" in text
    assert '      with: {n: "${i + 1}"}' in text
    assert any('num_output: "${10 * n}"' in line for line in text)
    assert parse_net("\n".join(text), format="yaml").message == message


def test_other_values_become_rows() -> None:
    message = net([10, 25, 30, 40, 50, 60, 75, 80])
    text = "\n".join(lines(message))
    assert "[[1, 10], [2, 25], [3, 30]" in text
    assert parse_net(text, format="yaml").message == message


def test_layer_is_written_on_one_line() -> None:
    layer = LayerParameter(name="a: b", type="ReLU", bottom=["x", "z"])
    layer.relu_param.negative_slope = 0.5
    assert flow(layer) == '{name: "a: b", type: ReLU, bottom: [x, z], relu_param: {negative_slope: 0.5}}'
    assert flow(layer, lambda path: "${n}" if path == ("name",) else None).startswith('{name: "${n}", type')


def test_blobs_of_params_are_those_of_the_block() -> None:
    text = 'layer { name: "in" type: "Input" top: "y0" } layer { name: "w" type: "Parameter" top: "w" }'
    for k in range(1, 9):
        text += f"""layer {{ name: "drop{k}" type: "Dropout" bottom: "w" top: "w{k}" }}
        layer {{ name: "ip{k}" type: "InnerProduct" bottom: "y{k - 1}" top: "y{k}" param {{ blob: "w{k}" }}
          param {{ blob: "w" }} inner_product_param {{ num_output: 4 }} }}
        layer {{ name: "relu{k}" type: "ReLU" bottom: "y{k}" top: "y{k}" }}"""
    message = parse_net(text, format="prototxt").message
    written_lines = lines(message)
    assert len(written_lines) < 30
    assert parse_net("\n".join(written_lines), format="yaml").message == message
