"""Write a net as a Python program with Caffe's ``NetSpec``.

Running the program gives a message equal to the net's.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import Message

from layerzoo.errors import ConfigError, Fault
from layerzoo.schema import Field, LayerParameter, NetParameter, fields

_WIDTH = 110
_INDENT = "    "
_ENUM = re.compile(r"\bP\.[A-Z]")
_IN_CALL = frozenset(("name", "type", "bottom", "top"))
"""Fields that the call itself determines."""
_RESERVED = frozenset(("tops", "to_proto", "update"))
"""Attributes of NetSpec itself, which can't be used as names of blobs."""


def net_program(net: NetParameter, source: str = "") -> str:
    """Return the program that makes a net.

    Args:
        net: a net in the current format.
        source: file name to mention in the first line.

    Raises:
        ConfigError: the net has fields of Layerzoo's own, which Caffe's interface doesn't have.
    """
    _refuse_own(net)
    writer = _Writer({top for layer in net.layer for top in layer.top})
    for index, layer in enumerate(net.layer):
        writer.add(index, layer)
    for name, value in _set(net):
        if name.name != "layer":
            writer.repairs += _assignments("net", name, value)
    title = f"The net {net.name or 'of a config'}" + (f", from {source}" if source else "")
    lines = [
        f'"""{title.replace(chr(92), "/").replace(chr(34), chr(39))}: prints it as prototxt."""',
        "",
        "import caffe",
        "from caffe import layers as L",
        *(["from caffe import params as P"] if any(map(_ENUM.search, writer.lines + writer.repairs)) else []),
        "",
        "",
        "def make_net():",
        f"{_INDENT}n = caffe.NetSpec()",
        *(_INDENT + line for line in writer.lines),
        f"{_INDENT}net = n.to_proto()",
        *(_INDENT + line for line in writer.repairs),
        f"{_INDENT}return net",
        "",
        "",
        'if __name__ == "__main__":',
        f"{_INDENT}print(make_net())",
    ]
    return "".join(f"{line}\n" for line in lines)


@dataclass
class _Writer:
    """Builds the body of the program.

    Attributes:
        blobs: names of all blobs of the net.
        lines: statements that make the layers.
        repairs: statements after ``to_proto``, for values that NetSpec can't express.
        tops: keys of the NetSpec that are the blob of that name.
        keys: all keys of the NetSpec.
    """

    blobs: set[str]
    lines: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)
    tops: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def add(self, index: int, layer: LayerParameter) -> None:
        """Write a layer as ``n.TOP = L.TYPE(n.BOTTOM, …)``."""
        known = all(bottom in self.tops for bottom in layer.bottom)
        args = [_item(bottom) for bottom in layer.bottom] if known else []
        args += self._params(index, layer)
        tops = list(layer.top)
        new = tops and not self.keys.intersection(tops) and len(set(tops)) == len(tops)
        in_place = known and bool(tops) and tops == list(layer.bottom)
        targets: list[str]
        if new:
            targets, default_name = tops, tops[0]
            self.tops.update(tops)
            args += [f"ntop={len(tops)}"] if len(tops) > 1 else []
        else:
            default_name = self._free_key(layer.name or layer.type)
            targets = [default_name]
            args += ["in_place=True"] if in_place else ["ntop=0"]
        if layer.name != default_name and layer.HasField("name"):
            args.append(f"name={layer.name!r}")
        if not known:
            args.append(f"bottom={list(layer.bottom)!r}")
        if tops and not new and not in_place:
            args.append(f"top={tops!r}")
        self.keys.update(targets)
        if not layer.HasField("name"):
            self.repairs.append(f"net.layer[{index}].ClearField('name')")
        kind = layer.type
        call = f"L.{kind}" if _is_plain(kind) else f"getattr(L, {kind!r})"
        self.lines += _call(f"{', '.join(map(_item, targets))} = {call}", args)

    def _free_key(self, name: str) -> str:
        """Return a key based on a name that is neither in use nor the name of a blob."""
        key, count = name, 1
        while key in self.keys or key in self.blobs:
            count += 1
            key = f"{name}_{count}"
        return key

    def _params(self, index: int, layer: LayerParameter) -> Iterator[str]:
        """Yield the layer's fields as arguments, those of the type's own message first and without it."""
        own = _own_message(layer.type)
        inside = fields(own.message) if own is not None and own.message is not None else {}
        pairs = [(about, value) for about, value in _set(layer) if about.name not in _IN_CALL]
        for about, value in sorted(pairs, key=lambda pair: pair[0] != own):
            if about.kind == "message" and not about.repeated and not value.ListFields():
                self.repairs.append(f"net.layer[{index}].{about.name}.SetInParent()")
            elif about == own:
                yield from self._flat(index, about, value)
            elif about.name in inside:
                self.repairs += _assignments(f"net.layer[{index}]", about, value)
            else:
                yield f"{about.name}={self._value(f'net.layer[{index}].{about.name}', about, value)}"

    def _flat(self, index: int, about: Field, message: Message) -> Iterator[str]:
        for inner, value in _set(message):
            path = f"net.layer[{index}].{about.name}.{inner.name}"
            if inner.name.endswith("param") or inner.name in {"ntop", "in_place", *_IN_CALL}:
                self.repairs += _assignments(path.rpartition(".")[0], inner, value)
            elif inner.kind == "message" and not inner.repeated and not value.ListFields():
                self.repairs.append(f"{path}.SetInParent()")
            else:
                yield f"{inner.name}={self._value(path, inner, value)}"

    def _value(self, path: str, about: Field, value: Any) -> str:
        """Return the expression of a field's value: ``dict(…)`` for a message, no list for a single item."""
        if not about.repeated:
            return self._one(path, about, value)
        texts = [self._one(f"{path}[{i}]", about, one) for i, one in enumerate(value)]
        return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"

    def _one(self, path: str, about: Field, value: Any) -> str:
        if about.kind != "message":
            return _scalar(about, value)
        items = []
        for inner, inside in _set(value):
            if inner.kind == "message" and not inner.repeated and not inside.ListFields():
                self.repairs.append(f"{path}.{inner.name}.SetInParent()")
            else:
                items.append(f"{inner.name}={self._value(f'{path}.{inner.name}', inner, inside)}")
        return f"dict({', '.join(items)})"


def _own_message(kind: str) -> Field | None:
    """Return the field of a type's own message, whose fields NetSpec accepts directly; None without one."""
    for about in fields(LayerParameter).values():
        if about.name.endswith("_param") and about.type_name == f"{kind}Parameter" and not about.own:
            return about
    return None


def _set(message: Message) -> list[tuple[Field, Any]]:
    about = fields(type(message))
    return [(about[descriptor.name], value) for descriptor, value in message.ListFields()]


def _item(name: str) -> str:
    return f"n.{name}" if _is_plain(name) and name not in _RESERVED else f"n[{name!r}]"


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("__")


def _scalar(about: Field, value: Any) -> str:
    if about.kind == "enum":
        name = next((name for name, number in about.values.items() if number == value), None)
        holder = about.full_name.rpartition(".")[0]
        if about.type_name == "Phase" and name:
            return f"caffe.{name}"
        if name and holder.endswith("Parameter") and "." not in holder:
            return f"P.{holder.removesuffix('Parameter')}.{name}"
        return str(value)
    if about.kind == "float":
        if not math.isfinite(value):
            return f"float('{value}')"
        return repr(value) if about.bits == 64 else _short(value)
    return repr(value)


def _short(value: float) -> str:
    """Return the shortest text that parses to the same 32-bit float."""
    text = repr(float(str(np.float32(value))))
    return text.removesuffix(".0")


def _assignments(holder: str, about: Field, value: Any) -> list[str]:
    """Return protobuf statements that set a field."""
    path = f"{holder}.{about.name}"
    if about.kind != "message":
        if about.repeated:
            return [f"{path}.extend([{', '.join(_scalar(about, one) for one in value)}])"]
        return [f"{path} = {_scalar(about, value)}"]
    lines = []
    if about.repeated:
        for index, one in enumerate(value):
            lines.append(f"{path}.add()")
            lines += [
                line
                for inner, inside in _set(one)
                for line in _assignments(f"{path}[{index}]", inner, inside)
            ]
        return lines
    lines = [line for inner, inside in _set(value) for line in _assignments(path, inner, inside)]
    return lines or [f"{path}.SetInParent()"]


def _call(start: str, args: Sequence[str]) -> list[str]:
    """Return a call on one line, or with its arguments on separate lines if it is too long."""
    whole = f"{start}({', '.join(args)})"
    if len(whole) + len(_INDENT) <= _WIDTH:
        return [whole]
    return [f"{start}(", *(f"{_INDENT}{line}," for line in _filled(args)), ")"]


def _filled(args: Iterable[str]) -> Iterator[str]:
    """Yield lines with as many arguments as fit."""
    line = ""
    for arg in args:
        longer = f"{line}, {arg}" if line else arg
        if line and len(longer) + 2 * len(_INDENT) + 1 > _WIDTH:
            yield line
            line = arg
        else:
            line = longer
    if line:
        yield line


def _refuse_own(net: NetParameter) -> None:
    faults = []
    own = dict.fromkeys((layer.name, about) for layer in net.layer for about in _own_fields(layer))
    for name, about in own:  # once per name, which layers of both phases may share
        message = f"'{about}' is Layerzoo's own; Caffe's interface doesn't have it"
        hint = "use Caffe's equivalent, such as a Data layer, or keep the net as a config"
        faults.append(Fault(message, layer=name, hint=hint))
    faults += [Fault(f"'{about.name}' is Layerzoo's own") for about, _ in _set(net) if about.own]
    if faults:
        raise ConfigError(faults)


def _own_fields(message: Message) -> Iterator[str]:
    for about, value in _set(message):
        if about.own:
            yield about.name
        elif about.kind == "message":
            for one in value if about.repeated else [value]:
                yield from (f"{about.name}.{inner}" for inner in _own_fields(one))
