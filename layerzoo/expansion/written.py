"""A layer as it is written, taken apart once: a block is used many times."""

from __future__ import annotations

from dataclasses import dataclass

from layerzoo.expansion.planned import PARAM
from layerzoo.nodes import Node

_RULES = frozenset(("include", "exclude"))
_OF_CALL = frozenset(
    ("name", "type", "bottom", "top", "include", "exclude", "param", "all_params", "when", PARAM)
)


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A layer as it is written.

    Attributes:
        node: the layer.
        when, kind, name, repeat, param: its ``when``, type, name, ``repeat`` and ``subnet_param``, or None.
        bottoms, tops: the nodes of its blobs.
        rules: its phase rules.
        specs: what it says of params.
        strange: the fields that a Call doesn't have.
    """

    node: Node
    when: Node | None
    kind: Node | None
    name: Node | None
    repeat: Node | None
    param: Node | None
    bottoms: list[Node]
    tops: list[Node]
    rules: list[Node]
    specs: list[Node]
    strange: list[Node]


def written(node: Node) -> Written:
    """Take a layer apart."""
    children = node.children or ()
    by_key: dict[str, Node] = {}
    for child in children:
        by_key.setdefault(child.key, child)
    return Written(
        node,
        by_key.get("when"),
        by_key.get("type"),
        by_key.get("name"),
        by_key.get("repeat"),
        by_key.get(PARAM),
        [child for child in children if child.key == "bottom"],
        [child for child in children if child.key == "top"],
        [child for child in children if child.key in _RULES],
        [child for child in children if child.key in {"param", "all_params"}],
        [child for child in children if child.key not in _OF_CALL],
    )


@dataclass(frozen=True, slots=True, eq=False)
class WrittenUse:
    """How a layer uses a subnet, as it is written.

    Attributes:
        net, given, names, share, variable, times: the fields of its ``subnet_param``, if it has them.
        outputs, each, carry: the nodes of its repeated fields.
    """

    net: Node | None
    given: Node | None
    names: Node | None
    share: Node | None
    variable: Node | None
    times: Node | None
    outputs: list[Node]
    each: list[Node]
    carry: list[Node]


def written_use(param: Node) -> WrittenUse:
    """Take a ``subnet_param`` apart."""
    first = param.first
    return WrittenUse(
        first("net"),
        first("with"),
        first("names"),
        first("share_params"),
        first("var"),
        first("times"),
        param.all("output"),
        param.all("each"),
        param.all("carry"),
    )
