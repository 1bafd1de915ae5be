"""Messages that classes declare: the fields of layers of a program's own.

::

    @layerzoo.register
    class Cube(layerzoo.Layer):
        '''The third power, scaled.'''

        scale = layerzoo.field(float, 1.0, "Factor on the output.")

        def forward(self, x):
            return self.scale * x**3

Configs then read ``cube_param { scale: 2 }``. A declared message is one of protobuf's, made as the class is
registered, and an extension of ``LayerParameter``: it is bound, overridden, explained and written like the
schema's own.
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
    """A field of a declared message. A layer has the value in its config under the same name.

    Attributes:
        type: of a value, or of one value of several.
        repeated: it may stand any number of times, and reads as a tuple.
        default: what it reads as where the config leaves it out.
        comment: what it means, its unit.
        name: as configs write it, the attribute's name.
    """

    def __init__(self, type: Any, default: Any, comment: str) -> None:  # noqa: A002 (the word for it)
        self.repeated = isinstance(type, GenericAlias) and get_origin(type) is list
        self.type: Any = get_args(type)[0] if self.repeated else type
        self.default = default
        self.comment = comment
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def read(self, message: Any) -> Any:
        """The field's value in a message of its class; its default where there is none."""
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
    """A base for messages inside a declared message: its subclasses hold fields and nothing else."""

    def __init__(self, message: Message) -> None:
        for name, member in declared_fields(type(self)).items():
            setattr(self, name, member.read(message))


def field(type: type[T] | GenericAlias, default: Any = None, comment: str = "") -> Any:  # noqa: A002
    """Declare a field of a layer class of one's own, or of a class derived from `Fields`.

    Args:
        type: float, int, bool, str, an ``Enum``, a class derived from `Fields`, a message of the schema such
            as ``FillerParameter``; or ``list[…]`` of one of them.
        default: what it is where the config leaves it out; None says that it is not given.
        comment: what it means, its unit; ``layerzoo explain`` shows it.
    """
    return DeclaredField(type, default, comment)


def declared_fields(cls: Any) -> dict[str, DeclaredField]:
    """The fields that a class declares, those of its bases first."""
    if cls in _fields_of:
        return _fields_of[cls]
    found: dict[str, DeclaredField] = {}
    for base in reversed(cls.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, DeclaredField)}
    _fields_of[cls] = found
    return found


def layer_fields(cls: Any, layer: LayerParameter) -> SimpleNamespace:
    """The values of a layer class's fields in a layer, as attributes; else the defaults."""
    members = declared_fields(cls)
    message = part_of(layer, cls.messages[0]) if members and cls.messages else None
    return SimpleNamespace(**{name: member.read(message) for name, member in members.items()})


def snake_case(name: str) -> str:
    """A class's name as a field's: ``Cube`` → ``cube``, ``MyLayer2`` → ``my_layer2``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def check_fields(cls: Any) -> None:
    """Check that the fields of a layer class hide nothing.

    Raises:
        ContractError: one has the name of something that every layer has.
    """
    for name in declared_fields(cls):
        of_all = {"name", "param", "clock", "training", *cls.param_names}
        if name in of_all or any(name in vars(base) for base in cls.__mro__ if not declared_fields(base)):
            what = f"field '{name}' of {cls.__name__} hides what every layer has by that name"
            raise ContractError(f"{where(cls)}: {what}; give it another name")


def declare_message(cls: Any) -> None:
    """Let configs give a layer class the fields that it declares, in a message named after the class.

    Raises:
        ContractError: as `extend_layers`.
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
    """Make a message type.

    Args:
        name: of the message.
        members: its fields by name.
        comment: what it is.

    Raises:
        ContractError: a field's name, type or default can't be.
    """
    file = FileDescriptorProto(package=f"layerzoo.declared{next(_files)}")
    return _added(file, _described(name, members), name, members, comment)


def extend_layers(key: str, name: str, members: Mapping[str, DeclaredField], comment: str = "") -> None:
    """Let ``LayerParameter`` have a field ``key`` that holds a new message.

    Args:
        key: the field, such as ``cube_param``.
        name: of the message.
        members: the message's fields by name.
        comment: what the message is.

    Raises:
        ContractError: the schema has a field of that name, or a field's name, type or default can't be.
    """
    if key in LayerParameter.DESCRIPTOR.fields_by_name:
        raise ContractError(f"the schema has a field '{key}' already")
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
    set_comment(extension.full_name, f"What {name.removesuffix('Parameter')} reads.")
    declare(LayerParameter.DESCRIPTOR, key, extension)


def _added(
    file: FileDescriptorProto,
    message: DescriptorProto,
    name: str,
    members: Mapping[str, DeclaredField],
    comment: str,
) -> Descriptor:
    pool = descriptor_pool.Default()
    file.name = f"{file.package}.proto"
    file.syntax = "proto2"
    file.dependency.append(LayerParameter.DESCRIPTOR.file.name)
    file.message_type.append(message)
    pool.AddSerializedFile(file.SerializeToString())
    made = pool.FindMessageTypeByName(f"{file.package}.{name}")
    message_class(made)
    _say(made, members, comment)
    return made


def _say(message: Descriptor, members: Mapping[str, DeclaredField], comment: str) -> None:
    """Keep the comments of a message, its fields and the messages inside."""
    set_comment(message.full_name, comment)
    for name, member in members.items():
        set_comment(f"{message.full_name}.{name}", member.comment)
        if _is(member.type, Fields):
            inner = message.nested_types_by_name[member.type.__name__]
            _say(inner, declared_fields(member.type), (member.type.__doc__ or "").strip())


def _described(name: str, members: Mapping[str, DeclaredField]) -> DescriptorProto:
    message = DescriptorProto(name=name)
    for number, (key, member) in enumerate(members.items(), 1):
        if not _NAME.fullmatch(key):
            raise ContractError(
                f"'{key}' can't be a field; its name has to be in lower case, like num_output"
            )
        made = message.field.add(name=key, number=number)
        made.label = made.LABEL_REPEATED if member.repeated else made.LABEL_OPTIONAL
        _type(message, made, member)
        _check_default(key, member)
        if member.default is not None and not member.repeated and made.type != made.TYPE_MESSAGE:
            made.default_value = _default(member.default)
    return message


def _type(message: DescriptorProto, made: FieldDescriptorProto, member: DeclaredField) -> None:
    """Set a field's type; an enum or class of fields becomes a type inside the message."""
    kind = member.type
    if kind in _SCALARS:
        made.type = _SCALARS[kind]
    elif _is(kind, Enum):
        made.type, made.type_name = made.TYPE_ENUM, kind.__name__
        if kind.__name__ not in {enum.name for enum in message.enum_type}:
            enum = message.enum_type.add(name=kind.__name__)
            for number, value in enumerate(kind):
                enum.value.add(name=value.name, number=number)
    elif _is(kind, Fields):
        made.type, made.type_name = made.TYPE_MESSAGE, kind.__name__
        if kind.__name__ not in {inner.name for inner in message.nested_type}:
            message.nested_type.append(_described(kind.__name__, declared_fields(kind)))
    elif _is(kind, Message):
        made.type, made.type_name = made.TYPE_MESSAGE, f".{kind.DESCRIPTOR.full_name}"
    else:
        raise ContractError(f"field '{made.name}' has the type {kind!r}; expected {_EXPECTED}")


def _check_default(key: str, member: DeclaredField) -> None:
    values: Sequence[Any] = (member.default,)
    if member.repeated:
        values = member.default if isinstance(member.default, list | tuple) else (member.default,)
    for value in values:
        wanted = (int, float) if member.type is float else member.type
        if value is None and values == (None,):
            continue
        if not isinstance(value, wanted) or (isinstance(value, bool) and member.type is not bool):
            raise ContractError(
                f"field '{key}' has the default {value!r}, which is no {member.type.__name__}"
            )


def _default(value: Any) -> str:
    """A default as a descriptor writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return value.name
    return repr(value) if isinstance(value, float) else str(value)


def _is(kind: Any, base: type) -> bool:
    return isinstance(kind, type) and issubclass(kind, base)


def without_declared(layer: LayerParameter) -> LayerParameter:
    """A copy of a layer's message without what only a class of a program's own can read."""
    copy = LayerParameter()
    copy.CopyFrom(layer)
    for key in _declared_in(layer):
        copy.ClearExtension(fields(LayerParameter)[key].extension)  # type: ignore[arg-type]
    return copy


def refuse_declared(message: Message, path: object) -> None:
    """See that a net can be written in binary.

    Raises:
        ConfigError: a layer has a declared message, whose numbers mean something in this process alone.
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
    known = (field for field in fields(LayerParameter).values() if field.extension is not None)
    return [field.name for field in known if layer.HasExtension(field.extension)]  # type: ignore[arg-type]
