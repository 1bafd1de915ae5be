"""Count the layers that a net will have before any is planned, so that one with too many ends at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from layerzoo.errors import Fault
from layerzoo.expansion.fields import MAX_LAYERS, TooManyLayersError, applies, elements_in, text_in, too_many
from layerzoo.expansion.planned import CALL, PARAM
from layerzoo.expansion.scope import Scope, StoppedError
from layerzoo.expansion.subnet import Subnet
from layerzoo.expressions import OPENING, Steps, Value
from layerzoo.nodes import Node

_STRUCTURE = ("when", "repeat", PARAM)
_COUNTS = ("times", "each", "over")


def check_count(layers: Sequence[Node], subnets: Mapping[str, Subnet], scope: Scope) -> None:
    """Check that a net will not have too many layers; other faults are left to the planning.

    Raises:
        TooManyLayersError: it will; the fault is added to the scope's.
    """
    for exact in (False, True):  # a count as if every 'when' held is quicker, and nearly always small enough
        quiet = Scope(scope.values, [], Steps())
        try:
            _Counter(subnets, exact, quiet.faults).several(layers, quiet, ())
        except TooManyLayersError:
            if exact:
                scope.faults.append(quiet.faults[-1])
                raise
        except StoppedError:  # for other faults, which the planning finds again
            return
        else:
            return


class _Counter:
    """Counts layers; blocks of which the number does not depend on a value are counted once.

    Args:
        subnets: the subnets by name.
        exact: layers whose ``when`` fails don't count.
        faults: receives the faults.
    """

    def __init__(self, subnets: Mapping[str, Subnet], exact: bool, faults: list[Fault]) -> None:
        self.subnets, self.exact, self.faults = subnets, exact, faults
        self.counted: dict[tuple[Value, ...], int] = {}
        self.fixed: dict[int, int | None] = {}

    def several(self, layers: Sequence[Node], scope: Scope, path: tuple[str, ...]) -> int:
        """The number of layers that some layers become, themselves included."""
        total = 0
        for layer in layers:
            total += self._one(layer, scope, path)
            if total > MAX_LAYERS:
                raise too_many(layer, scope)
        return total

    def _one(self, layer: Node, scope: Scope, path: tuple[str, ...]) -> int:
        keys = {child.key for child in layer.children or ()}
        if keys.isdisjoint(_STRUCTURE) or (self.exact and not applies(layer, scope)):
            return 1
        repeat, param = layer.first("repeat"), layer.first(PARAM)
        if repeat is not None:
            variable = text_in(repeat.first("var"), scope) or "i"
            inner = repeat.all("layer")
            elements = elements_in(repeat, scope, "over") or ()
            fixed = self._fixed(repeat, inner, path)
            if fixed is not None:
                return self._product(len(elements), fixed, layer, scope)
            several = (self.several(inner, scope.having(**{variable: one}), path) for one in elements)
            return self._sum(several, layer, scope)
        subnet = self.subnets.get(text_in(param.first("net"), scope)) if param is not None else None
        if subnet is None or param is None or subnet.name in path:
            return 1
        is_call = text_in(layer.first("type"), scope) == CALL
        runs = (elements_in(param, scope, "each") or ()) if is_call else range(1)
        inside = (*path, subnet.name)
        fixed = self._fixed(subnet.node, subnet.layers, inside)
        if fixed is not None:
            return self._product(len(runs), fixed, layer, scope)
        variable = text_in(param.first("var"), scope) or "i"
        given = param.first("with")
        scopes = (scope.having(**{variable: run}) for run in runs)
        values = (subnet.values(given, layer, one, param) for one in scopes)
        return self._sum((self._with(subnet, one, scope, inside) for one in values), layer, scope)

    def _with(self, subnet: Subnet, values: Mapping[str, Value], scope: Scope, path: tuple[str, ...]) -> int:
        """The number of layers of a subnet with these values."""
        inner = scope.inside(values, scope.call)
        if any(isinstance(value, list | dict) for value in values.values()):
            return self.several(subnet.layers, inner, path)
        key = subnet.name, *values.values()
        if key not in self.counted:
            self.counted[key] = self.several(subnet.layers, inner, path)
        return self.counted[key]

    def _fixed(self, holder: Node, layers: Sequence[Node], path: tuple[str, ...]) -> int | None:
        """The number of layers of a block if no value decides it; else None."""
        key = id(holder)
        if key not in self.fixed:
            self.fixed[key] = None  # while it is computed: a block that uses itself has no number
            self.fixed[key] = self._computed(layers, path)
        return self.fixed[key]

    def _computed(self, layers: Sequence[Node], path: tuple[str, ...]) -> int | None:
        for layer in layers:
            for child in layer.children or ():
                decides = [child] if child.key == "when" and self.exact else []
                if child.key in {"repeat", PARAM}:
                    decides = [one for one in child.children or () if one.key in (*_COUNTS, "net")]
                    inner = child.all("layer")
                    if child.key == "repeat" and self._fixed(child, inner, path) is None:
                        return None
                    subnet = self.subnets.get(text_in(child.first("net"), Scope({}, [], Steps())))
                    if subnet is not None and self._fixed(subnet.node, subnet.layers, path) is None:
                        return None
                if any(OPENING in (one.text or "") for one in decides):
                    return None
        return self.several(layers, Scope({}, self.faults, Steps()), path)

    def _product(self, count: int, each: int, layer: Node, scope: Scope) -> int:
        if count * each > MAX_LAYERS:
            raise too_many(layer, scope)
        return 1 + count * each

    def _sum(self, counts: Iterable[int], layer: Node, scope: Scope) -> int:
        total = 1
        for count in counts:
            total += count
            if total > MAX_LAYERS:
                raise too_many(layer, scope)
        return total
