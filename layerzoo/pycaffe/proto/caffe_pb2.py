"""Caffe's messages under Caffe's names (``caffe.LayerParameter``), including the old formats V1 and V0.

They are built by reflection from Layerzoo's schema, without Layerzoo's own fields, in a separate descriptor
pool, so that a real Caffe can be imported in the same process.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from layerzoo import schema

_ROOTS = ("NetParameter", "SolverParameter", "SolverState", "BlobProtoVector", "Datum", "V1LayerParameter")
_FORKS = ("Convolution3DParameter", "Pooling3DParameter")
"""Messages of the fork C3D, which Caffe doesn't have."""
_FORKS_FIELDS = {("Datum", "seg_label")}
"""Fields of forks under numbers below those of Layerzoo's own, since databases hold them so."""
_OURS = ".layerzoo."
_CAFFES = ".caffe."


def _caffes_file() -> descriptor_pb2.FileDescriptorProto:
    """Make a descriptor of Caffe's schema, in one file."""
    parts = []
    ours = schema.NetParameter.DESCRIPTOR.file
    for stored in (*ours.dependencies, ours, schema.legacy_net().DESCRIPTOR.file):
        part = descriptor_pb2.FileDescriptorProto()
        stored.CopyToProto(part)
        parts.append(part)
    messages = {message.name: message for part in parts for message in part.message_type}
    layers = next(f for f in messages.pop("LegacyNetParameter").field if f.name == "layers")
    messages["NetParameter"].field.append(layers)
    for message in messages.values():
        _make_caffes(message)
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
    file.enum_type.extend(enum for part in parts for enum in part.enum_type if enum.name == "Phase")
    reachable = _reachable(messages)
    file.message_type.extend(message for name, message in messages.items() if name in reachable)
    return file


def _make_caffes(message: descriptor_pb2.DescriptorProto) -> None:
    """Remove Layerzoo's own fields and enum values from a message, and rename its types to Caffe's."""
    fields = [field for field in message.field if field.number < schema.FIRST_OWN_NUMBER]
    del message.field[:]
    for field in fields:
        if field.type_name:
            field.type_name = field.type_name.replace(_OURS, _CAFFES)
        of_fork = (
            field.type_name.removeprefix(_CAFFES) in _FORKS or (message.name, field.name) in _FORKS_FIELDS
        )
        if not of_fork:
            message.field.append(field)
    for enum in message.enum_type:
        values = [value for value in enum.value if value.number < schema.FIRST_OWN_NUMBER]
        del enum.value[:]
        enum.value.extend(values)


def _reachable(messages: dict[str, descriptor_pb2.DescriptorProto]) -> set[str]:
    """Return the names of the messages reachable from Caffe's top-level messages."""
    reached: set[str] = set()
    pending = list(_ROOTS)
    while pending:
        name = pending.pop()
        if name in messages and name not in reached:
            reached.add(name)
            pending += [
                field.type_name.removeprefix(_CAFFES).partition(".")[0] for field in messages[name].field
            ]
    return reached


_pool = descriptor_pool.DescriptorPool()
DESCRIPTOR = _pool.AddSerializedFile(_caffes_file().SerializeToString())
if DESCRIPTOR is None:  # protobuf's pure Python implementation returns None
    DESCRIPTOR = _pool.FindFileByName("caffe.proto")

Phase = EnumTypeWrapper(DESCRIPTOR.enum_types_by_name["Phase"])
TRAIN: int = Phase.Value("TRAIN")
TEST: int = Phase.Value("TEST")

for _name, _descriptor in DESCRIPTOR.message_types_by_name.items():
    _class = message_factory.GetMessageClass(_descriptor)
    _class.__module__ = __name__
    globals()[_name] = _class
# descriptors under protoc's names: _LAYERPARAMETER, _V1LAYERPARAMETER_LAYERTYPE, _PHASE
globals().update(
    {
        "_" + descriptor.full_name.removeprefix("caffe.").replace(".", "_").upper(): descriptor
        for message in DESCRIPTOR.message_types_by_name.values()
        for descriptor in (message, *message.enum_types)
    }
)
_PHASE = Phase.DESCRIPTOR


def __getattr__(name: str) -> Any:
    """Raise AttributeError for a name that Caffe's schema doesn't have."""
    raise AttributeError(f"Caffe has no message '{name}'")
