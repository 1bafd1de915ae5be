"""Read the ``param_str`` of a Python layer that Layerzoo has an equivalent of: numbers by name, as YAML."""

from __future__ import annotations

from collections.abc import Collection

from layerzoo.errors import LayerFault
from layerzoo.nodes import MAX_BYTES, Node
from layerzoo.schema import LayerParameter
from layerzoo.source import Source

_FIELD = "python_param.param_str"


class ParamStr:
    """The numbers that a ``param_str`` gives, such as ``'feat_stride': 16`` or ``{'scales': [8, 16]}``.

    It is read by the YAML reader of configs, which builds no objects and bounds size, depth and aliases.

    Args:
        param: the layer's message; without a ``param_str`` nothing is given.

    Raises:
        LayerFault: it is not YAML of this form.
    """

    def __init__(self, param: LayerParameter) -> None:
        self._nodes: list[Node] = []
        text = param.python_param.param_str
        if not text.strip():
            return
        from layerzoo.nodes import yaml  # imported here: most nets have no Python layers

        faults: list[object] = []
        if len(text) <= MAX_BYTES:
            source = Source("param_str", text, True)
            self._nodes = list(yaml.read(source, faults).children or ())  # type: ignore[arg-type]  # of Fault
        if faults or not self._nodes:
            raise LayerFault(
                f"param_str {text[:60]!r} is not YAML of names and numbers",
                field=_FIELD,
                hint="'feat_stride': 16",
            )

    def names(self) -> Collection[str]:
        """The names that are given."""
        return dict.fromkeys(node.key for node in self._nodes)

    def numbers(self, name: str) -> list[float] | None:
        """The numbers of a name, one or a list; None if it is not given.

        Raises:
            LayerFault: a value is not a finite number.
        """
        values = [node for node in self._nodes if node.key == name]
        try:
            numbers = [float(node.text or "") for node in values]
        except ValueError:
            numbers = [float("nan")]
        if any(not abs(number) < 2**31 for number in numbers):
            raise LayerFault(f"param_str: '{name}' must be a number, or a list of numbers", field=_FIELD)
        return numbers or None

    def number(self, name: str, default: float) -> float:
        """The number of a name, or the default if it is not given.

        Raises:
            LayerFault: it is a list, or not a number.
        """
        numbers = self.numbers(name)
        if numbers is not None and len(numbers) != 1:
            raise LayerFault(f"param_str: '{name}' must be one number", field=_FIELD)
        return default if numbers is None else numbers[0]

    def unknown(self, known: Collection[str]) -> list[str]:
        """A warning for each name that is not known."""
        return [
            f"'{name}' in param_str is not read; it may hold {', '.join(known)}"
            for name in self.names()
            if name not in known
        ]
