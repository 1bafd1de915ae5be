"""Model cards."""

from __future__ import annotations

import pytest
import yaml

from layerzoo.zoo.card import card_text

FACTS = {
    "title": "A net",
    "description": "It does things.",
    "license": "BSD-2-Clause",
    "tags": ["digits", "two words", "yes: no"],
    "dataset": "digits (test)",
    "results": {"accuracy": 0.975, "top-5": 1.0},
    "command": "layerzoo train -solver s.yaml",
    "preprocessing": {"channels": 1, "order": "GREY", "size": [8, 9], "scale": 0.5},
    "net": {"params": 1234, "inputs": {"data": [1, 1, 8, 9]}, "outputs": {"prob": [1, 10]}},
}


def test_front_matter_is_yaml_with_hugging_faces_keys() -> None:
    front = yaml.safe_load(card_text("net", FACTS).split("---\n")[1])
    assert front["library_name"] == "layerzoo"
    assert front["license"] == "BSD-2-Clause"
    assert front["tags"] == ["digits", "two words", "yes: no"]
    assert front["datasets"] == ["digits"]
    assert front["metrics"] == ["accuracy", "top-5"]
    (model,) = front["model-index"]
    assert model["name"] == "net"
    assert model["results"][0]["dataset"]["name"] == "digits (test)"
    assert model["results"][0]["metrics"][0] == {"type": "accuracy", "value": 0.975}


def test_card_describes_the_net_and_its_use() -> None:
    card = card_text("net", FACTS)
    for text in (
        "# A net\n\nIt does things.\n",
        "| result on digits (test) | value |\n|---|---|\n| accuracy | 0.975 |\n| top-5 | 1 |\n",
        "1,234 params; inputs data 1 x 1 x 8 x 9; outputs prob 1 x 10.\n",
        "Images are prepared so: 1 channels (GREY), 8 x 9 pixels, scale 0.5.\n",
        "    layerzoo train -solver s.yaml\n",
        "    layerzoo classify -zoo net image.png\n",
    ):
        assert text in card


@pytest.mark.parametrize(
    ("shape", "command"), [([1, 1, 1, 7], "detect"), ([1, 5, 96, 96], "segment"), ([1, 5, 1, 1], "classify")]
)
def test_card_names_the_command_for_the_outputs(shape: list[int], command: str) -> None:
    net = {"params": 1, "inputs": {}, "outputs": {"out": shape}}
    assert f"    layerzoo {command} -zoo net image.png\n" in card_text("net", {**FACTS, "net": net})


def test_card_names_the_command_that_generates() -> None:
    assert '    layerzoo generate -zoo net -text "the beginning"\n' in card_text("net", {"generates": "text"})
    assert "    layerzoo generate -zoo net -samples 64\n" in card_text("net", {"generates": "samples"})
    assert "generate" not in card_text("net", FACTS)


def test_card_without_facts_has_front_matter_and_title() -> None:
    card = card_text("net", {})
    assert card.startswith("---\nname: net\nlibrary_name: layerzoo\n---\n# net\n")
    assert "classify" not in card
