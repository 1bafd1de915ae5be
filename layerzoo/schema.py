"""The schema: its messages as classes, their fields and their comments.

Only this module imports the code generated from ``proto/``. It exports every message of
``proto/layerzoo.proto`` and of the files that it imports by name (``from layerzoo.schema import
NetParameter``), and the values of ``Phase``.
`fields` lists the fields of a message, `comment` returns a comment of the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from layerzoo.generated import layerzoo_pb2
from layerzoo.generated.annotation_pb2 import *  # noqa: F403 (a list of names would need a line a message)
from layerzoo.generated.backbone_pb2 import *  # noqa: F403
from layerzoo.generated.common_pb2 import *  # noqa: F403
from layerzoo.generated.detection_pb2 import *  # noqa: F403
from layerzoo.generated.distributed_pb2 import *  # noqa: F403
from layerzoo.generated.embedding_pb2 import *  # noqa: F403
from layerzoo.generated.engine_pb2 import *  # noqa: F403
from layerzoo.generated.flow_pb2 import *  # noqa: F403
from layerzoo.generated.generative_pb2 import *  # noqa: F403
from layerzoo.generated.layerzoo_pb2 import *  # noqa: F403
from layerzoo.generated.reading_pb2 import *  # noqa: F403
from layerzoo.generated.regions_pb2 import *  # noqa: F403
from layerzoo.generated.segmentation_pb2 import *  # noqa: F403
from layerzoo.generated.sequence_pb2 import *  # noqa: F403
from layerzoo.generated.solver_types_pb2 import *  # noqa: F403
from layerzoo.generated.sources_pb2 import *  # noqa: F403
from layerzoo.generated.tensor_pb2 import *  # noqa: F403
from layerzoo.generated.transform_pb2 import *  # noqa: F403
from layerzoo.generated.update_pb2 import *  # noqa: F403
from layerzoo.generated.yolo_pb2 import *  # noqa: F403

if TYPE_CHECKING:
    from layerzoo.generated.legacy_pb2 import LegacyNetParameter

FIRST_OWN_NUMBER: Final = 20000
"""Fields with this number or a higher one are Layerzoo's own; Caffe and its forks don't have them."""
_OF_FORKS: Final = range(21000, 22000)
"""Numbers of fields of LayerParameter that Caffe's forks have, under other numbers."""
FIRST_DECLARED_NUMBER: Final = 30000
"""Fields with this number or a higher one are declared by user-defined classes at run time."""

Kind = Literal["int", "float", "bool", "string", "bytes", "enum", "message"]

_PACKAGES: Final = re.compile(r"^layerzoo\.(?:declared\d+\.)?")
_INT, _UINT = {32: (-(2**31), 2**31 - 1), 64: (-(2**63), 2**63 - 1)}, {32: (0, 2**32 - 1), 64: (0, 2**64 - 1)}
_TYPES: Final[dict[int, tuple[Kind, str, int, tuple[int, int] | None]]] = {
    FieldDescriptor.TYPE_INT32: ("int", "int32", 32, _INT[32]),
    FieldDescriptor.TYPE_INT64: ("int", "int64", 64, _INT[64]),
    FieldDescriptor.TYPE_UINT32: ("int", "uint32", 32, _UINT[32]),
    FieldDescriptor.TYPE_UINT64: ("int", "uint64", 64, _UINT[64]),
    FieldDescriptor.TYPE_FLOAT: ("float", "float", 32, None),
    FieldDescriptor.TYPE_DOUBLE: ("float", "double", 64, None),
    FieldDescriptor.TYPE_BOOL: ("bool", "bool", 1, None),
    FieldDescriptor.TYPE_STRING: ("string", "string", 0, None),
    FieldDescriptor.TYPE_BYTES: ("bytes", "bytes", 0, None),
    FieldDescriptor.TYPE_ENUM: ("enum", "", 32, None),
    FieldDescriptor.TYPE_MESSAGE: ("message", "", 0, None),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message.

    Attributes:
        name: its name in configs.
        number: its number in the binary format.
        kind: the kind of its value; ``int`` and ``float`` have several sizes, see ``bits``.
        type_name: its type in the schema: ``uint32``, ``FillerParameter``, ``PoolMethod``.
        bits: size of a number; 0 for other kinds.
        range: smallest and largest value of an ``int``; None for other kinds.
        repeated: it may be set any number of times.
        required: a message without it is incomplete.
        default: the default in the schema (of an enum, the name); None if the schema has none.
        message: descriptor of a ``message``, for `fields`; None for other kinds.
        values: numbers of an ``enum`` by name; empty for other kinds.
        full_name: its name with that of its message, for `comment`.
        extension: the extension of a declared field, the key in ``Extensions``; None for other fields.
    """

    name: str
    number: int
    kind: Kind
    type_name: str
    bits: int
    range: tuple[int, int] | None
    repeated: bool
    required: bool
    default: int | float | bool | str | bytes | None
    message: Descriptor | None
    values: Mapping[str, int]
    full_name: str
    extension: FieldDescriptor | None = None

    @property
    def own(self) -> bool:
        """Whether it is Layerzoo's own, or declared by a class; Caffe doesn't have it."""
        return self.number >= FIRST_OWN_NUMBER

    @property
    def comment(self) -> str:
        """Its meaning, its unit, and the meaning of an unset field."""
        return comment(self.full_name)

    @property
    def deprecated(self) -> bool:
        """Whether the comment says that another field replaces it."""
        return self.comment.startswith("Deprecated")

    def of(self, message: Message) -> Any:
        """The field's value in a message: a scalar, or a message or list that can be changed."""
        key: Any = self.extension  # the stubs accept only extensions of generated code
        return getattr(message, self.name) if key is None else message.Extensions[key]


_fields: dict[object, Mapping[str, Field]] = {}
_declared: dict[object, dict[str, FieldDescriptor]] = {}
_declared_comments: dict[str, str] = {}


def fields(of: type[Message] | Descriptor) -> Mapping[str, Field]:
    """The fields of a message by name, in the order of the schema."""
    cached = _fields.get(of)
    if cached is None:
        descriptor = of if isinstance(of, Descriptor) else of.DESCRIPTOR
        known = [*descriptor.fields, *_declared.get(descriptor, {}).values()]
        cached = _fields.setdefault(descriptor, MappingProxyType({f.name: _field(f) for f in known}))
        _fields[of] = cached
    return cached


def is_own(number: int) -> bool:
    """Whether a field of LayerParameter is Layerzoo's own, and neither Caffe nor a fork of it has it."""
    return number >= FIRST_OWN_NUMBER and number not in _OF_FORKS


def part_of(message: Message, name: str) -> Any:
    """The message in a field of the schema or a declared one; None if the field is not set."""
    descriptor: Any = message.DESCRIPTOR
    field = fields(descriptor).get(name)
    if field is None:
        return None
    key: Any = field.extension
    is_set = message.HasField(name) if key is None else message.HasExtension(key)
    return field.of(message) if is_set else None


def declare(message: Any, name: str, extension: FieldDescriptor) -> None:
    """Add a declared field to a message of the schema; it replaces a declared field of the same name."""
    _declared.setdefault(message, {})[name] = extension
    for key in (message, message_class(message)):
        _fields.pop(key, None)


def set_comment(full_name: str, comment: str) -> None:
    """Set the comment of a message or field that was declared at run time."""
    _declared_comments[_short(full_name)] = comment


@cache
def message_class(descriptor: Descriptor) -> type[Message]:
    """The class of a message."""
    return GetMessageClass(descriptor)


@cache
def messages() -> Mapping[str, type[Message]]:
    """Every message of the schema by name, in the order of the schema."""
    files = (*layerzoo_pb2.DESCRIPTOR.public_dependencies, layerzoo_pb2.DESCRIPTOR)
    descriptors = [(name, found) for file in files for name, found in file.message_types_by_name.items()]
    return MappingProxyType({name: message_class(descriptor) for name, descriptor in descriptors})


def declared_messages() -> Mapping[str, type[Message]]:
    """The messages that classes have declared, by name."""
    types = (extension.message_type for known in _declared.values() for extension in known.values())
    return {descriptor.name: message_class(descriptor) for descriptor in types if descriptor is not None}


@cache
def legacy_net() -> type[LegacyNetParameter]:
    """The net message of ``proto/legacy.proto``, which reads binary nets of all of Caffe's formats."""
    from layerzoo.generated.legacy_pb2 import LegacyNetParameter

    return LegacyNetParameter


def comment(of: str | type[Message] | Descriptor | EnumDescriptor) -> str:
    """The schema's comment on a message, field, enum or enum value; empty if there is none.

    Args:
        of: the message or enum, or a name with its scope: ``PoolingParameter.pool``,
            ``PoolingParameter.PoolMethod.MAX``.
    """
    if not isinstance(of, str):
        of = (of if isinstance(of, Descriptor | EnumDescriptor) else of.DESCRIPTOR).full_name
    name = _short(of)
    return _declared_comments.get(name) or _comments().get(name, "")


def _field(field: Any) -> Field:  # the stubs give two types of FieldDescriptor
    kind, type_name, bits, limits = _TYPES[field.type]
    default = field.default_value if field.has_default_value else None
    values: dict[str, int] = {}
    if field.enum_type is not None:
        type_name = field.enum_type.name
        values = {value.name: value.number for value in field.enum_type.values}
        if default is not None:
            default = field.enum_type.values_by_number[default].name
    elif field.message_type is not None:
        type_name = field.message_type.name
    return Field(
        name=field.name,
        number=field.number,
        kind=kind,
        type_name=type_name,
        bits=bits,
        range=limits,
        repeated=_has_label(field, "repeated"),
        required=_has_label(field, "required"),
        default=default,
        message=field.message_type,
        values=MappingProxyType(values),
        full_name=_short(field.full_name),
        extension=field if field.is_extension else None,
    )


def _short(full_name: str) -> str:
    """A full name without its package; the packages of declared messages are numbered."""
    return _PACKAGES.sub("", full_name)


def _has_label(field: FieldDescriptor, label: Literal["required", "repeated"]) -> bool:
    """Whether a field has a label; protobuf 5 has ``label``, 7 has ``is_required``, 6 has both."""
    value = getattr(field, f"is_{label}", None)
    if value is not None:
        return bool(value)
    return bool(getattr(field, "label") == {"required": 2, "repeated": 3}[label])  # noqa: B009 (removed in 7)


@cache
def _comments() -> dict[str, str]:
    """Comments by full name, which ``scripts/generate`` extracts from ``proto/``."""
    stored = (Path(__file__).parent / "generated" / "comments.json").read_text(encoding="utf-8")
    comments: dict[str, str] = json.loads(stored)
    return comments
