"""Subnets of the shipped blocks, with values for their parameters, as bodies of layers."""

from __future__ import annotations

from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter


def block(name: str, file: str = "recurrent", **values: float) -> NetParameter:
    """The body of a shipped subnet."""
    given = " ".join(f"{key}: {value}" for key, value in values.items())
    text = f"""include: "blocks/{file}.yaml"
layer {{ name: "r" type: "Recurrent" subnet_param {{ net: "{name}" with {{ {given} }} }} }}"""
    return parse_net(text).message.layer[0].subnet_param.body
