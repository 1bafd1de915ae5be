"""Subnets: their parameters, and the values that a layer gives for them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

from google.protobuf.message import Message

from layerzoo.binding import bind
from layerzoo.declared import DeclaredField, make_message
from layerzoo.errors import did_you_mean, nearest
from layerzoo.expansion.copying import copied, copied_all
from layerzoo.expansion.scope import Scope
from layerzoo.expressions import OPENING, Value
from layerzoo.nodes import ExpandedNode, Node
from layerzoo.schema import message_class
from layerzoo.source import CallSite

INPUT: Final = "Input"
"""The type of the layers whose tops are the inputs of a subnet."""
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TYPES: Final = {"INT": int, "FLOAT": float, "BOOL": bool, "STRING": str}
_KEYS: Final = ("name", "doc", "arg", "let", "layer")
_ARGUMENT_KEYS: Final = ("name", "type", "default", "list", "doc")


class Argument(NamedTuple):
    """A parameter of a subnet.

    Attributes:
        name: its name in expressions.
        type: the type of its value, or of each element of its list; None for any value.
        is_list: it takes a list.
        default: the nodes of its default; empty if a value has to be given.
        node: its declaration.
    """

    name: str
    type: type | None
    is_list: bool
    default: tuple[Node, ...]
    node: Node


class Subnet:
    """A subnet of a config.

    Attributes:
        name: its name.
        node: its node.
        arguments: its parameters by name.
        defaults: the values of defaults that were used so far.
        inputs: the tops of its Input layers, in order; the blobs that a caller gives.
    """

    def __init__(self, node: Node, scope: Scope) -> None:
        self.node = node
        name = node.first("name")
        self.name = (name.text or "") if name is not None else ""
        for child in node.children or ():
            if child.key not in _KEYS:
                hint = did_you_mean(nearest(child.key, _KEYS)) or f"it has {', '.join(_KEYS)}"
                scope.fault(f"unknown field '{child.key}' in a subnet", child.origin, hint)
        if not self.name:
            scope.fault("the subnet has no name", node.origin, "add 'name: …'")
        self.arguments: dict[str, Argument] = {}
        self.defaults: dict[str, Value] = {}
        for child in node.all("arg"):
            self._declare(child, scope)
        self.layers = node.all("layer")
        self.inputs = [
            top.text or ""
            for layer in self.layers
            if (kind := layer.first("type")) is not None and kind.text == INPUT
            for top in layer.all("top")
        ]

    def _declare(self, node: Node, scope: Scope) -> None:
        """Add a parameter."""
        known = {child.key: child for child in node.children or ()}
        for key, child in known.items():
            if key not in _ARGUMENT_KEYS:
                hint = did_you_mean(nearest(key, _ARGUMENT_KEYS))
                scope.fault(f"unknown field '{key}' in 'arg'", child.origin, hint)
        name = known["name"].text or "" if "name" in known else ""
        if not _NAME.fullmatch(name):
            origin = known["name"].value_origin if "name" in known else node.origin
            scope.fault(f"'{name}' can't be the name of a parameter", origin, "letters, digits and _ only")
            return
        if name in self.arguments:
            scope.fault(f"the parameter '{name}' is declared twice", node.origin)
        kind = (known["type"].text or "") if "type" in known else "ANY"
        if kind not in _TYPES and kind != "ANY":
            hint = f"one of ANY, {', '.join(_TYPES)}"
            scope.fault(f"unknown type '{kind}' of a parameter", known["type"].value_origin, hint)
        is_list = "list" in known and known["list"].text == "true"
        default = tuple(node.all("default"))
        self.arguments[name] = Argument(name, _TYPES.get(kind), is_list, default, node)

    def values(self, given: Node | None, use: Node, scope: Scope, place: Node) -> dict[str, Value]:
        """The values of the parameters.

        Args:
            given: the values that the caller gives; None for none.
            use: the layer that uses the subnet.
            scope: what the caller's expressions see.
            place: where the caller names the subnet.
        """
        lets = self.node.first("let")
        quick = self._quick(given, scope)
        if quick is not None:
            return constants(lets, scope.inside(quick, scope.call)) if lets is not None else quick
        nodes = [] if given is None else self._given(given, scope)
        names = {node.key for node in (*nodes, *((given.children or ()) if given is not None else ()))}
        for argument in self.arguments.values():
            if argument.name in names:
                continue
            if not argument.default:
                hint = f"add 'with {{ {argument.name}: … }}'"
                scope.fault(f"'{argument.name}' of subnet '{self.name}' is missing", place.value_origin, hint)
            nodes += [
                _renamed(node, argument)
                for node in copied_all(argument.default, scope.inside({}, scope.call))
            ]
        values: dict[str, Value] = {}
        typed: list[Node] = []
        for node in nodes:
            argument_of = self.arguments.get(node.key)
            if argument_of is not None and argument_of.type is None:
                self._any(argument_of, node, values, scope)
            else:
                typed.append(node)
        message = self._message()
        faults_before = len(scope.faults)
        like = given or use
        bind(_with(typed, like), message, scope.faults)
        if len(scope.faults) == faults_before:
            for name, argument in self.arguments.items():
                if argument.type is not None and (argument.is_list or message.HasField(name)):
                    value: Any = getattr(message, name)
                    values[name] = list(value) if argument.is_list else value
                    if name not in names and not argument.is_list:
                        self.defaults[name] = value
            for argument in self.arguments.values():
                if argument.is_list:  # an empty list has no node
                    values.setdefault(argument.name, [])
        return constants(lets, scope.inside(values, scope.call)) if lets is not None else values

    def _quick(self, given: Node | None, scope: Scope) -> dict[str, Value] | None:
        """The values, where each plainly has the type of its parameter; None: let the binder decide."""
        values = dict(self.defaults)
        own: set[str] = set()
        for child in (given.children or ()) if given is not None else ():
            argument = self.arguments.get(child.key)
            if argument is None or argument.is_list or child.listed or child.key in own:
                return None
            value = _plainly(child, argument.type, scope)
            if value is None:
                return None
            own.add(child.key)
            values[child.key] = value
        if (given is not None and given.children is None) or values.keys() != self.arguments.keys():
            return None
        return {name: values[name] for name in self.arguments}

    def _given(self, given: Node, scope: Scope) -> list[Node]:
        """The values that a caller gives: fields, or an expression whose value is a map."""
        if given.text is None:
            return copied_all(given.children or (), scope)
        copies = copied(given, scope)
        if copies and (len(copies) > 1 or copies[0].children is None):
            hint = "give fields, or an expression whose value is a map"
            scope.fault("'with' takes the values of parameters by name", given.value_origin, hint)
            return []
        return list(copies[0].children or ()) if copies else []

    def _any(self, argument: Argument, node: Node, values: dict[str, Value], scope: Scope) -> None:
        """Add the value of a parameter that takes any; a list has several nodes."""
        value = scope.value(node)
        if value is None:
            return
        if argument.is_list or node.listed:
            several = values.setdefault(argument.name, [])
            assert isinstance(several, list)
            several.append(value)
        elif argument.name in values:
            scope.fault(f"'{argument.name}' is given twice", node.origin)
        else:
            values[argument.name] = value

    def _message(self) -> Message:
        """An empty message of the parameters that have a type."""
        typed = tuple((a.name, a.type, a.is_list) for a in self.arguments.values() if a.type is not None)
        return message_class(_descriptor(typed))()


@cache
def _descriptor(arguments: tuple[tuple[str, type, bool], ...]) -> Any:
    """The message type of parameters; kept, since protobuf never forgets a type."""
    members = {}
    for name, kind, is_list in arguments:
        members[name] = DeclaredField(list[kind] if is_list else kind, None, "")  # type: ignore[valid-type]
    return make_message("with", members)


def constants(lets: Node, scope: Scope) -> dict[str, Value]:
    """The values of ``let``, each of which may refer to those before it, and of the scope's own."""
    values = dict(scope.values)
    seen: dict[str, Node] = {}
    groups: dict[str, list[Node]] = {}
    for child in lets.children or ():
        if not _NAME.fullmatch(child.key):
            scope.fault(
                f"'{child.key}' can't be the name of a constant", child.origin, "letters, digits and _"
            )
        first = seen.setdefault(child.key, child)
        if first is not child and not (child.listed and first.listed):
            scope.fault(f"the constant '{child.key}' is given twice", child.origin)
        groups.setdefault(child.key, []).append(child)
    for name, nodes in groups.items():
        holder = Node("", None, nodes, lets.source, lets.offset)
        inner = scope.inside(values, scope.call).map_of(holder)
        if name in inner:
            values[name] = inner[name]
    return values


def call_site(subnet: Subnet, use: Node, values: dict[str, Value], scope: Scope) -> CallSite:
    """The use of a subnet, for the faults inside it."""
    return CallSite(subnet.name, use.origin._replace(call=scope.call), values)


def _plainly(node: Node, kind: type | None, scope: Scope) -> Value | None:
    """The value of a node that needs no conversion to a type; None if it needs one, or has none."""
    text = node.text
    if text is None or kind is None:
        return None
    if OPENING in text:
        value = scope.known(node)
        small = not isinstance(value, int) or abs(value) < 2**63
        return value if type(value) is kind and small else None
    if kind is str:
        return text if text.isascii() and (node.quoted or node.source.bare_strings) else None
    if node.quoted:
        return None
    if kind is bool:
        return text == "true" if text in {"true", "false"} else None
    if kind is int and text.isascii() and text.isdigit() and len(text) < 19 and text[0] != "0":
        return int(text)
    return None


def _renamed(node: Node, argument: Argument) -> Node:
    """A default as the value of its parameter; a number or truth of a prototxt may be written in quotes."""
    node.key = argument.name
    node.listed = node.listed or argument.is_list
    if argument.type is not str:
        node.quoted = False
    return node


def _with(children: list[Node], like: Node) -> Node:
    return ExpandedNode("with", None, children, like, like.call)
