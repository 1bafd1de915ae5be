"""Subnets of the shipped blocks, with values for their parameters, as bodies of layers."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from layerzoo.loader import parse_net
from layerzoo.schema import NetParameter

ROOT = Path(__file__).parent.parent.parent


def block(name: str, file: str = "recurrent", **values: float) -> NetParameter:
    """The body of a shipped subnet; values stand in its text in place of expressions."""
    text = (ROOT / "configs" / "blocks" / f"{file}.yaml").read_text("utf-8")
    found = next(one for one in yaml.safe_load(text)["subnet"] if one["name"] == name)
    for arg in found.get("arg", ()):
        if "default" in arg:
            values.setdefault(arg["name"], float(arg["default"]))
    layers = yaml.safe_dump({"layer": found["layer"]})
    layers = re.sub(r"""['"]?\$\{([\w* ]+)\}['"]?""", lambda match: str(_value(match[1], values)), layers)
    return parse_net(layers, format="yaml").message


def _value(expression: str, values: dict[str, float]) -> float:
    found = 1.0
    for factor in expression.split("*"):
        found *= values.get(factor.strip()) or float(factor)
    return int(found) if found == int(found) else found
