"""Differences as text and JSON."""

from __future__ import annotations

from layerzoo.comparison.nets import net_changes
from layerzoo.comparison.report import as_json, lines
from tests.comparison.nets import ip, net, relu

CHANGES = net_changes(
    net('name: "x"' + ip("a") + ip("b") + ip("z", "a", number=5)),
    net('name: "y"' + ip("b") + ip("a", number=3, more="include { phase: TEST }") + relu("q", "a")),
    "net",
)


def test_lines_have_a_heading_for_each_layer() -> None:
    assert list(lines(CHANGES)) == [
        'net: name: "x" → "y"',
        "net: layer b (InnerProduct)",
        "    moved: after data, was after a",
        "- net: layer z (InnerProduct)",
        "net: layer a (InnerProduct, TEST)",
        "    + include[0]: { phase: TEST }",
        "    inner_product_param.num_output: 2 → 3",
        "+ net: layer q (ReLU)",
    ]


def test_colours_are_those_of_diff() -> None:
    painted = list(lines(CHANGES, lambda text, colour: f"<{colour}>{text}</>"))
    assert painted[0] == 'net: name: <red>"x"</> → <green>"y"</>'
    assert painted[-1] == "<green>+ net: layer q (ReLU)</>"


def test_json_leaves_empty_attributes_out() -> None:
    result = as_json(CHANGES)
    assert result["equal"] is False
    assert result["changes"][0] == {
        "kind": "changed",
        "path": "name",
        "old": '"x"',
        "new": '"y"',
        "net": "net",
    }
    assert as_json([]) == {"equal": True, "changes": []}
