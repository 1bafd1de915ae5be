"""The layers that a net will have, and how each is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from layerzoo.expansion.copying import copied, copied_all, message, scalar
from layerzoo.expansion.naming import Naming
from layerzoo.expansion.scope import Scope
from layerzoo.expansion.sharing import Sharing
from layerzoo.expansion.subnet import Subnet
from layerzoo.nodes import Node

CALL: Final = "Call"
"""The type of a layer that is replaced by the layers of a subnet."""
PARAM: Final = "subnet_param"
"""The field of layers that use subnets."""


@dataclass(frozen=True)
class Place:
    """Where layers are expanded: what they see, how they are named, and what the layers around them add.

    Attributes:
        scope: the values that expressions see.
        naming: the names of layers and blobs.
        rules: phase rules of the layers around.
        sharing: what the layers around say of params.
        path: the names of the subnets around, outermost first.
        in_call: the caller's bottoms take the place of Input layers.
        as_written: names stay as they are written in a block.
    """

    scope: Scope
    naming: Naming
    rules: tuple[Node, ...] = ()
    sharing: Sharing = field(default_factory=Sharing)
    path: tuple[str, ...] = ()
    in_call: bool = False
    as_written: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """A layer of the expanded net.

    Attributes:
        node: the layer as it is written.
        place: where it is expanded.
        own: name, bottoms and tops, as they will be.
        rules: its phase rules; None: it keeps those that are written.
        local: its name inside its block.
        runs: for a layer that runs subnets, the planned layers of each, by the field that holds them.
    """

    node: Node
    place: Place
    own: Mapping[str, Sequence[Node]]
    rules: Sequence[Node] | None
    local: str
    runs: Mapping[str, tuple[Subnet, Sequence[Planned]]]

    def built(self) -> Node:
        """The layer, copied."""
        scope, place = self.place.scope, self.place
        children: list[Node] = []
        done: set[str] = set()
        for child in self.node.children or ():
            key = child.key
            if key == "when" or (self.rules is not None and key in {"include", "exclude"}):
                continue
            if key in self.own:
                if key not in done:
                    children += self.own[key]
                done.add(key)
            elif key == "param":
                children += place.sharing.param(child, place.naming, scope)
            elif key == PARAM and self.runs:
                children.append(self._with_bodies(child))
            else:
                children += copied(child, scope)
        children += self.rules or ()
        children = place.sharing.all_params(children, self.local, self.node, scope)
        return message("layer", children, self.node, scope)

    def _with_bodies(self, param: Node) -> Node:
        """The layer's ``subnet_param`` with the subnets that it names written out."""
        scope = self.place.scope
        children = copied_all([child for child in param.children or () if child.key != "with"], scope)
        for key, (subnet, layers) in self.runs.items():
            inside = scope.inside({}, layers[0].place.scope.call if layers else scope.call)
            name = scalar("name", subnet.name, subnet.node, inside)
            children.append(message(key, [name, *(one.built() for one in layers)], subnet.node, inside))
        return message(PARAM, children, param, scope)
