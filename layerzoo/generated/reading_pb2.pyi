from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadingParameter(_message.Message):
    __slots__ = ["cache", "limit", "max_skipped", "on_error", "order", "sampler", "shuffle", "split", "test_share", "val_share", "workers"]
    class Cache(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class OnError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Sampler(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Split(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALL: ReadingParameter.Split
    BALANCED: ReadingParameter.Sampler
    CACHE_FIELD_NUMBER: _ClassVar[int]
    DEVICE: ReadingParameter.Cache
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_SKIPPED_FIELD_NUMBER: _ClassVar[int]
    MEMORY: ReadingParameter.Cache
    NATURAL: ReadingParameter.Sampler
    NONE: ReadingParameter.Cache
    ON_ERROR_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SKIP: ReadingParameter.OnError
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    STOP: ReadingParameter.OnError
    TEST: ReadingParameter.Split
    TEST_SHARE_FIELD_NUMBER: _ClassVar[int]
    TRAIN: ReadingParameter.Split
    VAL: ReadingParameter.Split
    VAL_SHARE_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    cache: ReadingParameter.Cache
    limit: int
    max_skipped: int
    on_error: ReadingParameter.OnError
    order: str
    sampler: ReadingParameter.Sampler
    shuffle: bool
    split: ReadingParameter.Split
    test_share: float
    val_share: float
    workers: int
    def __init__(self, shuffle: bool = ..., limit: _Optional[int] = ..., sampler: _Optional[_Union[ReadingParameter.Sampler, str]] = ..., split: _Optional[_Union[ReadingParameter.Split, str]] = ..., val_share: _Optional[float] = ..., test_share: _Optional[float] = ..., cache: _Optional[_Union[ReadingParameter.Cache, str]] = ..., on_error: _Optional[_Union[ReadingParameter.OnError, str]] = ..., max_skipped: _Optional[int] = ..., workers: _Optional[int] = ..., order: _Optional[str] = ...) -> None: ...
