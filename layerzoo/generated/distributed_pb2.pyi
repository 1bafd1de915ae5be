from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DistributedParameter(_message.Message):
    __slots__ = ["base_batch_size", "global_batch_size", "lr_scaling", "sync_batch_norm"]
    class LRScaling(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BASE_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    LINEAR: DistributedParameter.LRScaling
    LR_SCALING_FIELD_NUMBER: _ClassVar[int]
    NONE: DistributedParameter.LRScaling
    SQRT: DistributedParameter.LRScaling
    SYNC_BATCH_NORM_FIELD_NUMBER: _ClassVar[int]
    base_batch_size: int
    global_batch_size: int
    lr_scaling: DistributedParameter.LRScaling
    sync_batch_norm: bool
    def __init__(self, sync_batch_norm: bool = ..., global_batch_size: _Optional[int] = ..., lr_scaling: _Optional[_Union[DistributedParameter.LRScaling, str]] = ..., base_batch_size: _Optional[int] = ...) -> None: ...
