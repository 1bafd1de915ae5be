from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EngineParameter(_message.Message):
    __slots__ = ["fuse", "layout"]
    class Layout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AUTO: EngineParameter.Layout
    CHANNELS_LAST: EngineParameter.Layout
    FUSE_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    NCHW: EngineParameter.Layout
    fuse: bool
    layout: EngineParameter.Layout
    def __init__(self, layout: _Optional[_Union[EngineParameter.Layout, str]] = ..., fuse: bool = ...) -> None: ...
