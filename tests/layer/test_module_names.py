"""Names of modules for the layers of a graph."""

from __future__ import annotations

from layerzoo.layer import module_names
from tests.graph.layer_types import HEAD, graph


def test_names_are_those_of_the_layers_where_torch_and_python_allow_it() -> None:
    names = ["a.b", "a_b", "keys", "for", "block/0/conv"]
    layers = "\n".join(f'layer {{ name: "{name}" type: "Act" bottom: "x" top: "{name}" }}' for name in names)
    made = graph(HEAD + layers)
    found = module_names(made, [spec.name for spec in made.layers])
    assert list(found.values()) == ["in", *names]
    assert list(found) == ["in_0", "a_b", "a_b_2", "keys_3", "for_4", "block/0/conv"]
