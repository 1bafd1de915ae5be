from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class FolderDataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., class_name: _Optional[_Iterable[str]] = ...) -> None: ...
