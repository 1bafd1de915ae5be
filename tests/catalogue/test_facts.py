"""Examples of names in configs."""

from __future__ import annotations

from layerzoo.catalogue.facts import EXAMPLES, Facts


def test_examples_are_texts_of_a_config() -> None:
    assert EXAMPLES["fillers"].format("msra") == 'weight_filler { type: "msra" }'
    assert EXAMPLES["policies"].format("exp") == 'lr_policy: "exp"'


def test_facts_of_other_kinds_than_layers_have_no_rows() -> None:
    facts = Facts("A doc.", "layerzoo/filler.py")
    assert (facts.family, facts.rows, facts.messages) == ("", (), ())
