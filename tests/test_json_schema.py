"""The JSON schema accepts what the loader accepts, and refuses typos."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from layerzoo.errors import ConfigError
from layerzoo.json_schema import config_schema
from layerzoo.loader.convert import convert_text
from tests.shipped import FOLDER

SCHEMA = config_schema()
VALIDATOR = Draft7Validator(SCHEMA)
MODELS = FOLDER.parent / "model_zoo"
FILES = sorted(
    path for path in (*FOLDER.rglob("*.yaml"), *MODELS.rglob("*.yaml")) if not path.stem.endswith("_tune")
)

NAMES = {"name": "a", "bottom": "b", "top": "c"}

NET = """
name: net
layer:
- name: data
  type: Input
  top: data
  input_param: {shape: {dim: [1, 3, 8, 8]}}
- name: conv
  type: Convolution
  bottom: data
  top: conv
  param: [{lr_mult: 1}, {lr_mult: 2}]
  convolution_param: {num_output: 2, kernel_size: 3, weight_filler: {type: xavier}}
- {name: pool, type: Pooling, bottom: conv, top: pool, pooling_param: {pool: MAX, kernel_size: 2}}
"""
SOLVER = """
net: net.yaml
base_lr: 1e-2
lr_policy: step
gamma: 0.1
stepvalue: [10, 20]
type: Adam
solver_mode: CPU
max_iter: 100
"""


def faults(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def test_schema_is_valid() -> None:
    Draft7Validator.check_schema(SCHEMA)


def test_shipped_configs_are_valid() -> None:
    assert len(FILES) > 30
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    for path in FILES:
        config = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        if isinstance(config.get("layer"), list):  # hundreds of layers differ by their names alone
            distinct = {repr({**layer, **NAMES}): layer for layer in config["layer"]}
            config["layer"] = [layer for key, layer in distinct.items() if key not in seen]
            seen |= distinct.keys()
        if messages := [error.message for error in VALIDATOR.iter_errors(config)]:
            wrong[path.name] = messages
    assert wrong == {}
    assert len(seen) > 300


def test_net_and_solver_are_valid() -> None:
    assert faults(NET) == []
    assert faults(SOLVER) == []


TYPOS = {
    "field of a net": (NET, "name: net", "nmae: net"),
    "field of a layer": (NET, "bottom: data", "botom: data"),
    "field of a message": (NET, "num_output: 2", "num_outptu: 2"),
    "message of another type": (NET, "convolution_param:", "pooling_param:"),
    "layer type": (NET, "type: Convolution", "type: Convolutoin"),
    "filler": (NET, "type: xavier", "type: xaveir"),
    "enum": (NET, "pool: MAX", "pool: MAXX"),
    "number": (NET, "num_output: 2", "num_output: two"),
    "whole number": (NET, "num_output: 2", "num_output: 2.5"),
    "negative number": (NET, "num_output: 2", "num_output: -2"),
    "message": (NET, "{type: xavier}", "xavier"),
    "list": (NET, "name: conv\n", "name: [a, b]\n"),
    "field of a solver": (SOLVER, "gamma", "gama"),
    "policy": (SOLVER, "lr_policy: step", "lr_policy: setp"),
    "solver type": (SOLVER, "type: Adam", "type: Adma"),
    "mode": (SOLVER, "solver_mode: CPU", "solver_mode: TPU"),
    "rate": (SOLVER, "1e-2", "1e-2x"),
}


@pytest.mark.parametrize(("text", "right", "wrong"), TYPOS.values(), ids=TYPOS.keys())
def test_typo_is_refused(text: str, right: str, wrong: str) -> None:
    assert text.count(right) == 1
    typo = text.replace(right, wrong)
    assert faults(typo) != []
    if right not in {
        "type: Convolution",
        "convolution_param:",
        "type: xavier",
        "lr_policy: step",
        "type: Adam",
    }:
        with pytest.raises(ConfigError):  # those are found when the net is wired, or a warning
            convert_text(typo, "prototxt", format="yaml")


VALUES = {
    "one value without brackets": (NET, "param: [{lr_mult: 1}, {lr_mult: 2}]", "param: {lr_mult: 1}"),
    "an expression for a number": (NET, "num_output: 2", 'num_output: "${64 * 2}"'),
    "an expression for an enum": (NET, "pool: MAX", 'pool: "${kind}"'),
    "an infinite number": (SOLVER, "gamma: 0.1", "gamma: .inf"),
    "a number as a name": (NET, "name: net", "name: 5"),
    "the number of an enum": (NET, "pool: MAX", "pool: 0"),
}


@pytest.mark.parametrize(("text", "right", "other"), VALUES.values(), ids=VALUES.keys())
def test_other_form_is_accepted(text: str, right: str, other: str) -> None:
    assert text.count(right) == 1
    assert faults(text.replace(right, other)) == []


def test_constants_of_a_net_have_any_names() -> None:
    assert faults(NET + "let: {depth: 50, widths: [1, 2]}\n") == []


def test_field_has_its_comment_type_and_default() -> None:
    lrn = SCHEMA["definitions"]["LRNParameter"]["properties"]["local_size"]
    assert lrn["default"] == 5
    assert lrn["description"].endswith("Default: 5. (uint32)")
    assert lrn["anyOf"][0] == {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}


def of_type(name: str) -> dict[str, Any]:
    """What a layer of a type may hold."""
    (then,) = (
        rule["then"]
        for rule in SCHEMA["definitions"]["LayerParameter"]["allOf"]
        if name in rule["if"]["properties"]["type"]["enum"]
    )
    return copy.deepcopy(then)


def test_layer_type_offers_the_messages_that_it_reads() -> None:
    assert list(of_type("Convolution")["properties"]) == ["convolution_param"]
    assert "loss_param" in of_type("SoftmaxWithLoss")["properties"]
    assert "convolution_param" not in SCHEMA["definitions"]["LayerParameter"]["properties"]


def test_names_have_descriptions() -> None:
    kinds = SCHEMA["definitions"]["LayerParameter"]["properties"]["type"]["anyOf"][0]
    assert len(kinds["enum"]) == len(kinds["enumDescriptions"]) > 150
    assert kinds["enumDescriptions"][kinds["enum"].index("Convolution")].startswith(
        "Convolution: y = w * x + b"
    )
