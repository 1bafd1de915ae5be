from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EngineParameter(_message.Message):
    __slots__ = ["engine", "fuse", "layout"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Layout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AUTO: EngineParameter.Layout
    CHANNELS_LAST: EngineParameter.Layout
    COMPILE: EngineParameter.Engine
    DEFAULT: EngineParameter.Engine
    EAGER: EngineParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    FUSE_FIELD_NUMBER: _ClassVar[int]
    GRAPH: EngineParameter.Engine
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    NCHW: EngineParameter.Layout
    engine: EngineParameter.Engine
    fuse: bool
    layout: EngineParameter.Layout
    def __init__(self, layout: _Optional[_Union[EngineParameter.Layout, str]] = ..., fuse: bool = ..., engine: _Optional[_Union[EngineParameter.Engine, str]] = ...) -> None: ...
