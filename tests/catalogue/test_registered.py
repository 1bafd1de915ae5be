"""Facts of registered classes and functions."""

from __future__ import annotations

import textwrap
from textwrap import indent

import pytest

from layerzoo.catalogue.registered import Registered, source_file


def test_layer_states_its_facts() -> None:
    facts = Registered("layers").facts("SoftmaxWithLoss")
    assert facts is not None
    assert facts.family == "loss"
    assert facts.code == "layerzoo/layers/softmax_with_loss.py"
    assert facts.messages == ("loss_param", "softmax_param")
    assert dict(facts.rows)["bottoms"] == "2 to 3"
    assert Registered("layers").facts("Softmaxx") is None


@pytest.mark.parametrize(
    ("kind", "name", "example", "code"),
    [
        ("solvers", "Adam", 'type: "Adam"', "layerzoo/optimizer/adam.py"),
        ("policies", "step", 'lr_policy: "step"', "layerzoo/lr_policy/step.py"),
        ("fillers", "xavier", 'weight_filler { type: "xavier" }', "layerzoo/filler.py"),
        ("datasets", "digits", 'dataset_param { name: "digits" }', "layerzoo/data/datasets/digits.py"),
    ],
)
def test_other_kinds_have_an_example_and_a_file(kind: str, name: str, example: str, code: str) -> None:
    registered = Registered(kind)
    facts = registered.facts(name)
    assert facts is not None
    assert (registered.example(name), facts.code) == (example, code)
    assert name in registered.names()


def test_file_outside_the_package_has_its_whole_path() -> None:
    assert source_file(indent) == textwrap.__file__
