"""Nets with blocks, as texts, and what they become."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.json_format import MessageToDict

from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter

HEAD = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 8 } } }'
FC = """
subnet { name: "fc" arg { name: "n" type: INT } arg { name: "bias" type: BOOL default: "true" }
  layer { name: "in" type: "Input" top: "x" }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y"
    inner_product_param { num_output: ${n} bias_term: ${bias} } }
  layer { name: "relu" type: "ReLU" bottom: "y" top: "y" }
}
"""


def call(param: str, name: str = "a", top: str = "out") -> str:
    """A layer that uses a subnet on the blob data."""
    head = f'layer {{ name: "{name}" type: "Call" bottom: "data" top: "{top}" '
    return f"{head}subnet_param {{ {param} }} }}"


def expanded(text: str, overrides: Sequence[str] = ()) -> NetParameter:
    """The net of a prototxt."""
    return parse_net(text, overrides, format="prototxt").message


def wired(text: str, overrides: Sequence[str] = ()) -> list[tuple[str, str, list[str], list[str]]]:
    """Name, type, bottoms and tops of each layer of the expanded net."""
    return [(one.name, one.type, list(one.bottom), list(one.top)) for one in expanded(text, overrides).layer]


def faults(text: str, form: str = "prototxt") -> list[str]:
    """The messages of a text's faults, with line and column."""
    try:
        parse_net(text, format="yaml" if form == "yaml" else "prototxt")
    except ConfigError as error:
        return [
            f"{fault.origin.source.position(fault.origin.offset).line}:"
            f"{fault.origin.source.position(fault.origin.offset).column} {fault.message}"
            if fault.origin
            else fault.message
            for fault in error.faults
        ]
    return []


def as_dict(net: NetParameter) -> object:
    """A message as plain values, for comparison."""
    return MessageToDict(net, preserving_proto_field_name=True)
