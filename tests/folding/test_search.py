"""Groups of layers that a net has several times."""

from __future__ import annotations

from layerzoo.folding.search import find_groups, wiring_of
from layerzoo.folding.slots import Slotted, slotted
from layerzoo.loader import parse_net


def layers(text: str) -> list[Slotted]:
    return [slotted(layer) for layer in parse_net(text, format="prototxt").message.layer]


def block(k: int, bottom: str) -> str:
    return "".join(
        f'layer {{ name: "{name}{k}" type: "{kind}" bottom: "{below}" top: "{name}{k}" }}'
        for name, kind, below in (
            ("a", "ReLU", bottom),
            ("b", "TanH", f"a{k}"),
            ("c", "Sigmoid", f"b{k}"),
            ("d", "AbsVal", f"c{k}"),
            ("e", "BNLL", f"d{k}"),
            ("f", "Power", f"e{k}"),
        )
    )


def test_wiring_forgets_names() -> None:
    one, other = wiring_of(layers(block(1, "x"))), wiring_of(layers(block(2, "f1")))
    assert one.shape == other.shape
    assert (one.outside, other.outside) == (("x",), ("f1",))
    assert one.inside == ("a1", "b1", "c1", "d1", "e1", "f1")


def test_repeated_layers_are_a_group_with_runs() -> None:
    text = block(0, "x") + block(1, "f0") + block(2, "f1")
    text += 'layer { name: "s" type: "Split" bottom: "f2" top: "s" }' + block(3, "s") + block(4, "f3")
    (group,) = find_groups(layers(text))
    assert (group.length, group.starts) == (6, (0, 6, 12, 19, 25))
    assert group.runs() == [[0, 1, 2], [3, 4]]
    assert group.outputs == (5,)
    assert group.saving > 0


def test_layers_that_are_there_once_are_no_group() -> None:
    assert find_groups(layers(block(0, "x"))) == []
    assert find_groups([]) == []
