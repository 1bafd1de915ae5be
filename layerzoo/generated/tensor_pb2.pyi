from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CompareParameter(_message.Message):
    __slots__ = ["operation", "value"]
    class Operation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    EQUAL: CompareParameter.Operation
    GREATER: CompareParameter.Operation
    GREATER_EQUAL: CompareParameter.Operation
    LESS: CompareParameter.Operation
    LESS_EQUAL: CompareParameter.Operation
    NOT_EQUAL: CompareParameter.Operation
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    operation: CompareParameter.Operation
    value: float
    def __init__(self, operation: _Optional[_Union[CompareParameter.Operation, str]] = ..., value: _Optional[float] = ...) -> None: ...

class GELUParameter(_message.Message):
    __slots__ = ["approximate"]
    class Approximation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    APPROXIMATE_FIELD_NUMBER: _ClassVar[int]
    NONE: GELUParameter.Approximation
    TANH: GELUParameter.Approximation
    approximate: GELUParameter.Approximation
    def __init__(self, approximate: _Optional[_Union[GELUParameter.Approximation, str]] = ...) -> None: ...

class GatherParameter(_message.Message):
    __slots__ = ["axis", "batch_axes"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BATCH_AXES_FIELD_NUMBER: _ClassVar[int]
    axis: int
    batch_axes: int
    def __init__(self, axis: _Optional[int] = ..., batch_axes: _Optional[int] = ...) -> None: ...

class MatMulParameter(_message.Message):
    __slots__ = ["coeff", "transpose_a", "transpose_b"]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_A_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_B_FIELD_NUMBER: _ClassVar[int]
    coeff: float
    transpose_a: bool
    transpose_b: bool
    def __init__(self, transpose_a: bool = ..., transpose_b: bool = ..., coeff: _Optional[float] = ...) -> None: ...

class PadParameter(_message.Message):
    __slots__ = ["axis", "mode", "pad_begin", "pad_end", "value"]
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    CIRCULAR: PadParameter.Mode
    CONSTANT: PadParameter.Mode
    MODE_FIELD_NUMBER: _ClassVar[int]
    PAD_BEGIN_FIELD_NUMBER: _ClassVar[int]
    PAD_END_FIELD_NUMBER: _ClassVar[int]
    REFLECT: PadParameter.Mode
    REPLICATE: PadParameter.Mode
    VALUE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    mode: PadParameter.Mode
    pad_begin: _containers.RepeatedScalarFieldContainer[int]
    pad_end: _containers.RepeatedScalarFieldContainer[int]
    value: float
    def __init__(self, pad_begin: _Optional[_Iterable[int]] = ..., pad_end: _Optional[_Iterable[int]] = ..., axis: _Optional[int] = ..., mode: _Optional[_Union[PadParameter.Mode, str]] = ..., value: _Optional[float] = ...) -> None: ...

class SoftplusParameter(_message.Message):
    __slots__ = ["beta", "threshold"]
    BETA_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    beta: float
    threshold: float
    def __init__(self, beta: _Optional[float] = ..., threshold: _Optional[float] = ...) -> None: ...

class UnpoolingParameter(_message.Message):
    __slots__ = ["method", "size"]
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AVE: UnpoolingParameter.Method
    FIRST: UnpoolingParameter.Method
    MASK: UnpoolingParameter.Method
    METHOD_FIELD_NUMBER: _ClassVar[int]
    NEAREST: UnpoolingParameter.Method
    SIZE_FIELD_NUMBER: _ClassVar[int]
    method: UnpoolingParameter.Method
    size: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, method: _Optional[_Union[UnpoolingParameter.Method, str]] = ..., size: _Optional[_Iterable[int]] = ...) -> None: ...
