"""What the layers around a block say of its params: shared names, and multipliers of rates."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layerzoo.expansion.copying import copied, copied_all, message, scalar
from layerzoo.expansion.naming import Naming
from layerzoo.expansion.scope import Scope
from layerzoo.nodes import Node

_MULTIPLIERS = ("lr_mult", "decay_mult")


@dataclass(frozen=True)
class Sharing:
    """What the uses around a block say of its params.

    Attributes:
        name: what is put before a layer's name to name its shared params; None: they are not shared.
        multipliers: the factors of learning rate and weight decay.
        like: the node that says so, for positions.
    """

    name: str | None = None
    multipliers: tuple[float, float] = (1.0, 1.0)
    like: Node | None = None

    def of_call(self, written: list[Node], local: str, naming: Naming, share: bool, scope: Scope) -> Sharing:
        """What holds in the block that a layer uses: its ``param`` is one for all params of the block."""
        if not written and not share and self.name is None:
            return self
        specs = copied_all(written, scope)
        if len(specs) > 1:
            scope.fault("a Call takes one 'param', for all params of its subnet", specs[1].origin)
        spec = specs[0] if specs else None
        name, multipliers = None, list(self.multipliers)
        for child in (spec.children or ()) if spec is not None else ():
            if child.key == "name":
                name = child.text
            elif child.key in _MULTIPLIERS:
                value = scope.value(child)
                if isinstance(value, int | float):
                    multipliers[_MULTIPLIERS.index(child.key)] *= value
            else:
                scope.fault(f"'{child.key}' in the 'param' of a Call", child.origin, "set it in the subnet")
        shared = f"{name}/" if name else f"{self.name}{local}/" if self.name is not None else None
        if shared is None and share:
            shared = f"{naming.layer(local)}/"
        factors = multipliers[0], multipliers[1]
        return replace(self, name=shared, multipliers=factors, like=spec or self.like)

    def of_run(self, index: int | None) -> Sharing:
        """What holds in one run of several with params of their own; None: of all runs."""
        if self.name is None or index is None:
            return self
        return replace(self, name=f"{self.name}{index}/")

    def param(self, node: Node, naming: Naming, scope: Scope) -> list[Node]:
        """A layer's own ``param``; a name that it shares by is one of the block."""
        specs = copied(node, scope)
        for spec in specs:
            name = spec.first("name")
            if name is not None and name.text:
                name.text = self.name + name.text if self.name is not None else naming.layer(name.text)
        return specs

    def all_params(self, children: list[Node], local: str, layer: Node, scope: Scope) -> list[Node]:
        """A layer's fields with ``all_params`` of what the uses around it say."""
        if self.name is None and self.multipliers == (1.0, 1.0):
            return children
        own = next((child for child in children if child.key == "all_params"), None)
        fields = [child for child in (own.children or ()) if child.key not in _MULTIPLIERS] if own else []
        if self.name is not None and local and not any(child.key == "name" for child in fields):
            fields.append(scalar("name", self.name + local, layer, scope))
        for key, factor in zip(_MULTIPLIERS, self.multipliers, strict=True):
            value = scope.value(node) if own is not None and (node := own.first(key)) is not None else 1.0
            total = factor * value if isinstance(value, int | float) else factor
            if total != 1:
                number = scalar(key, repr(total), layer, scope)
                number.quoted = False
                fields.append(number)
        others = [child for child in children if child is not own]
        return [*others, message("all_params", fields, layer, scope)] if fields else others
