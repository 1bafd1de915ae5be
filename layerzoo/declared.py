"""Messages that classes declare: config fields for user-defined layers.

::

    @layerzoo.register
    class Cube(layerzoo.Layer):
        '''The third power, scaled.'''

        scale = layerzoo.field(float, 1.0, "Factor on the output.")

        def forward(self, x):
            return self.scale * x**3

Configs can then have ``cube_param { scale: 2 }``. A declared message is a protobuf message that is created
when the class is registered, and an extension of ``LayerParameter``: it is bound, overridden, explained and
written like the messages of the schema.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import count
from types import GenericAlias, SimpleNamespace
from typing import Any, Final, TypeVar, get_args, get_origin
from weakref import WeakKeyDictionary

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import Message

from layerzoo.errors import ConfigError, ContractError, Fault
from layerzoo.schema import (
    FIRST_DECLARED_NUMBER,
    LayerParameter,
    declare,
    fields,
    message_class,
    part_of,
    set_comment,
)
from layerzoo.user_code import where

_SCALARS: Final = {
    float: FieldDescriptorProto.TYPE_DOUBLE,
    int: FieldDescriptorProto.TYPE_INT64,
    bool: FieldDescriptorProto.TYPE_BOOL,
    str: FieldDescriptorProto.TYPE_STRING,
}
_EXPECTED: Final = (
    "float, int, bool, str, an Enum, a class of fields, a message of layerzoo.schema, or list[…] of one"
)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_numbers = count(FIRST_DECLARED_NUMBER)
_files = count(1)
_fields_of: WeakKeyDictionary[type, dict[str, DeclaredField]] = WeakKeyDictionary()
T = TypeVar("T")


class DeclaredField:
    """A field of a declared message; a layer has its value as an attribute of the same name.

    Attributes:
        type: type of the value, or of an element of a repeated field.
        repeated: it may be set any number of times, and its value is a tuple.
        default: its value if the config does not set it.
        comment: its meaning and unit.
        name: its name in configs, which is the attribute's name.
    """

    def __init__(self, type: Any, default: Any, comment: str) -> None:  # noqa: A002 (the usual term)
        self.repeated = isinstance(type, GenericAlias) and get_origin(type) is list
        self.type: Any = get_args(type)[0] if self.repeated else type
        self.default = default
        self.comment = comment
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def read(self, message: Any) -> Any:
        """The field's value in a message of its class; the default if the field or message is not set."""
        value = None if message is None else getattr(message, self.name)
        if self.repeated:
            return tuple(map(self._value, value)) if value else tuple(self.default or ())
        return self._value(value) if value is not None and message.HasField(self.name) else self.default

    def _value(self, value: Any) -> Any:
        if isinstance(self.type, type) and issubclass(self.type, Enum):
            return list(self.type)[value]
        if isinstance(self.type, type) and issubclass(self.type, Fields):
            return self.type(value)
        return value


class Fields:
    """The base class of messages inside a declared message; subclasses consist of fields."""

    def __init__(self, message: Message) -> None:
        for name, member in declared_fields(type(self)).items():
            setattr(self, name, member.read(message))


def field(type: type[T] | GenericAlias, default: Any = None, comment: str = "") -> Any:  # noqa: A002
    """Declare a field of a user-defined layer class, or of a subclass of `Fields`.

    Args:
        type: float, int, bool, str, an ``Enum``, a subclass of `Fields`, a message of the schema such as
            ``FillerParameter``; or ``list[…]`` of one of them.
        default: its value if the config does not set it.
        comment: its meaning and unit; ``layerzoo explain`` shows it.
    """
    return DeclaredField(type, default, comment)


def declared_fields(cls: Any) -> dict[str, DeclaredField]:
    """The fields that a class declares, those of its bases first."""
    if cls in _fields_of:
        return _fields_of[cls]
    members: dict[str, DeclaredField] = {}
    for base in reversed(cls.__mro__):
        members |= {name: value for name, value in vars(base).items() if isinstance(value, DeclaredField)}
    _fields_of[cls] = members
    return members


def layer_fields(cls: Any, layer: LayerParameter) -> SimpleNamespace:
    """The values or defaults of a layer class's fields in a layer, as attributes."""
    members = declared_fields(cls)
    message = part_of(layer, cls.messages[0]) if members and cls.messages else None
    return SimpleNamespace(**{name: member.read(message) for name, member in members.items()})


def snake_case(name: str) -> str:
    """Convert a class name to a field name: ``Cube`` → ``cube``, ``MyLayer2`` → ``my_layer2``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def check_fields(cls: Any) -> None:
    """Check that the fields of a layer class don't hide members of the base class.

    Raises:
        ContractError: a field has the name of a member that every layer has.
    """
    for name in declared_fields(cls):
        of_all = {"name", "param", "clock", "training", *cls.param_names}
        if name in of_all or any(name in vars(base) for base in cls.__mro__ if not declared_fields(base)):
            problem = f"field '{name}' of {cls.__name__} hides a member that every layer has"
            raise ContractError(f"{where(cls)}: {problem}; rename the field")


def declare_message(cls: Any) -> None:
    """Create the message of the fields that a layer class declares, named after the class.

    Raises:
        ContractError: as for `extend_layers`.
    """
    members = declared_fields(cls)
    if not members:
        return
    key = f"{snake_case(cls.__name__)}_param"
    doc = (inspect.getdoc(cls) or "").split("\n\n")[0]
    extend_layers(key, f"{cls.__name__}Parameter", members, doc)
    if key not in cls.messages:
        cls.messages = (key, *cls.messages)


def make_message(name: str, members: Mapping[str, DeclaredField], comment: str = "") -> Descriptor:
    """Create a message type.

    Args:
        name: name of the message.
        members: its fields by name.
        comment: its description.

    Raises:
        ContractError: the name, type or default of a field is invalid.
    """
    file = FileDescriptorProto(package=f"layerzoo.declared{next(_files)}")
    return _added(file, _described(name, members), name, members, comment)


def extend_layers(key: str, name: str, members: Mapping[str, DeclaredField], comment: str = "") -> None:
    """Add a field with a new message type to ``LayerParameter``.

    Args:
        key: name of the field, such as ``cube_param``.
        name: name of the message.
        members: the message's fields by name.
        comment: description of the message.

    Raises:
        ContractError: the schema has a field of that name; or a field's name, type or default is invalid.
    """
    if key in LayerParameter.DESCRIPTOR.fields_by_name:
        raise ContractError(f"field '{key}' already exists in the schema; rename the class")
    file = FileDescriptorProto(package=f"layerzoo.declared{next(_files)}")
    file.extension.add(
        name=key,
        number=next(_numbers),
        extendee=f".{LayerParameter.DESCRIPTOR.full_name}",
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{file.package}.{name}",
        label=FieldDescriptorProto.LABEL_OPTIONAL,
    )
    _added(file, _described(name, members), name, members, comment)
    extension = descriptor_pool.Default().FindExtensionByName(f"{file.package}.{key}")
    set_comment(extension.full_name, f"Fields of {name.removesuffix('Parameter')}.")
    declare(LayerParameter.DESCRIPTOR, key, extension)


def _added(
    file: FileDescriptorProto,
    message: DescriptorProto,
    name: str,
    members: Mapping[str, DeclaredField],
    comment: str,
) -> Descriptor:
    """Add a file with a message to the descriptor pool, with its comments."""
    pool = descriptor_pool.Default()
    file.name = f"{file.package}.proto"
    file.syntax = "proto2"
    file.dependency.append(LayerParameter.DESCRIPTOR.file.name)
    file.message_type.append(message)
    pool.AddSerializedFile(file.SerializeToString())
    descriptor = pool.FindMessageTypeByName(f"{file.package}.{name}")
    message_class(descriptor)
    _set_comments(descriptor, members, comment)
    return descriptor


def _set_comments(message: Descriptor, members: Mapping[str, DeclaredField], comment: str) -> None:
    """Set the comments of a message, its fields and the messages inside."""
    set_comment(message.full_name, comment)
    for name, member in members.items():
        set_comment(f"{message.full_name}.{name}", member.comment)
        if _is(member.type, Fields):
            inner = message.nested_types_by_name[member.type.__name__]
            _set_comments(inner, declared_fields(member.type), (member.type.__doc__ or "").strip())


def _described(name: str, members: Mapping[str, DeclaredField]) -> DescriptorProto:
    """The protobuf description of a message."""
    message = DescriptorProto(name=name)
    for number, (key, member) in enumerate(members.items(), 1):
        if not _NAME.fullmatch(key):
            raise ContractError(f"'{key}' can't be the name of a field; expected lower case, like num_output")
        proto = message.field.add(name=key, number=number)
        proto.label = proto.LABEL_REPEATED if member.repeated else proto.LABEL_OPTIONAL
        _set_type(message, proto, member)
        _check_default(key, member)
        if member.default is not None and not member.repeated and proto.type != proto.TYPE_MESSAGE:
            proto.default_value = _default(member.default)
    return message


def _set_type(message: DescriptorProto, proto: FieldDescriptorProto, member: DeclaredField) -> None:
    """Set a field's type; an enum or a class of fields becomes a type inside the message."""
    kind = member.type
    if kind in _SCALARS:
        proto.type = _SCALARS[kind]
    elif _is(kind, Enum):
        proto.type, proto.type_name = proto.TYPE_ENUM, kind.__name__
        if kind.__name__ not in {enum.name for enum in message.enum_type}:
            enum = message.enum_type.add(name=kind.__name__)
            for number, value in enumerate(kind):
                enum.value.add(name=value.name, number=number)
    elif _is(kind, Fields):
        proto.type, proto.type_name = proto.TYPE_MESSAGE, kind.__name__
        if kind.__name__ not in {inner.name for inner in message.nested_type}:
            message.nested_type.append(_described(kind.__name__, declared_fields(kind)))
    elif _is(kind, Message):
        proto.type, proto.type_name = proto.TYPE_MESSAGE, f".{kind.DESCRIPTOR.full_name}"
    else:
        raise ContractError(f"field '{proto.name}' has the type {kind!r}; expected {_EXPECTED}")


def _check_default(key: str, member: DeclaredField) -> None:
    """Check that a field's default has the field's type.

    Raises:
        ContractError: it has another type.
    """
    values: Sequence[Any] = (member.default,)
    if member.repeated:
        values = member.default if isinstance(member.default, list | tuple) else (member.default,)
    for value in values:
        expected = (int, float) if member.type is float else member.type
        if value is None and values == (None,):
            continue
        if not isinstance(value, expected) or (isinstance(value, bool) and member.type is not bool):
            raise ContractError(
                f"field '{key}' has the default {value!r}; expected type {member.type.__name__}"
            )


def _default(value: Any) -> str:
    """A default in the notation of a protobuf description."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.name
    return repr(value) if isinstance(value, float) else str(value)


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def without_declared(layer: LayerParameter) -> LayerParameter:
    """A copy of a layer's message without the declared messages."""
    copy = LayerParameter()
    copy.CopyFrom(layer)
    for key in _declared_in(layer):
        copy.ClearExtension(fields(LayerParameter)[key].extension)  # type: ignore[arg-type]
    return copy


def refuse_declared(message: Message, path: object) -> None:
    """Check that a net can be written in binary.

    Raises:
        ConfigError: a layer has a declared message; its field numbers are valid only in this process.
    """
    for layer in getattr(message, "layer", ()):
        for key in _declared_in(layer):
            hint = "write it as text: .prototxt or .yaml"
            raise ConfigError(
                Fault(
                    f"{path}: binary prototxt can't hold '{key}', which a class declares",
                    None,
                    hint,
                    layer.name,
                )
            )


def _declared_in(layer: LayerParameter) -> list[str]:
    """The names of the declared messages that are set in a layer."""
    known = (field for field in fields(LayerParameter).values() if field.extension is not None)
    return [field.name for field in known if layer.HasExtension(field.extension)]  # type: ignore[arg-type]
