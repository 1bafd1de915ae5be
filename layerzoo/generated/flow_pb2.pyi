from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AccumParameter(_message.Message):
    __slots__ = ["have_reference", "size_divisible_by", "top_height", "top_width"]
    HAVE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SIZE_DIVISIBLE_BY_FIELD_NUMBER: _ClassVar[int]
    TOP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TOP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    have_reference: bool
    size_divisible_by: int
    top_height: int
    top_width: int
    def __init__(self, top_height: _Optional[int] = ..., top_width: _Optional[int] = ..., size_divisible_by: _Optional[int] = ..., have_reference: bool = ...) -> None: ...

class CorrelationParameter(_message.Message):
    __slots__ = ["correlation_type", "do_abs", "kernel_size", "max_displacement", "pad", "single_direction", "stride_1", "stride_2"]
    class CorrelationType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CORRELATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    DO_ABS_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_DISPLACEMENT_FIELD_NUMBER: _ClassVar[int]
    MULTIPLY: CorrelationParameter.CorrelationType
    PAD_FIELD_NUMBER: _ClassVar[int]
    SINGLE_DIRECTION_FIELD_NUMBER: _ClassVar[int]
    STRIDE_1_FIELD_NUMBER: _ClassVar[int]
    STRIDE_2_FIELD_NUMBER: _ClassVar[int]
    SUBTRACT: CorrelationParameter.CorrelationType
    correlation_type: CorrelationParameter.CorrelationType
    do_abs: bool
    kernel_size: int
    max_displacement: int
    pad: int
    single_direction: int
    stride_1: int
    stride_2: int
    def __init__(self, pad: _Optional[int] = ..., kernel_size: _Optional[int] = ..., max_displacement: _Optional[int] = ..., stride_1: _Optional[int] = ..., stride_2: _Optional[int] = ..., do_abs: bool = ..., single_direction: _Optional[int] = ..., correlation_type: _Optional[_Union[CorrelationParameter.CorrelationType, str]] = ...) -> None: ...

class DownsampleParameter(_message.Message):
    __slots__ = ["top_height", "top_width"]
    TOP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TOP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    top_height: int
    top_width: int
    def __init__(self, top_height: _Optional[int] = ..., top_width: _Optional[int] = ...) -> None: ...

class FlowWarpParameter(_message.Message):
    __slots__ = ["fill_value"]
    class FillParameter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    FILL_VALUE_FIELD_NUMBER: _ClassVar[int]
    NOT_A_NUMBER: FlowWarpParameter.FillParameter
    ZERO: FlowWarpParameter.FillParameter
    fill_value: FlowWarpParameter.FillParameter
    def __init__(self, fill_value: _Optional[_Union[FlowWarpParameter.FillParameter, str]] = ...) -> None: ...

class L1LossParameter(_message.Message):
    __slots__ = ["epsilon", "l2_per_location", "l2_prescale_by_channels", "normalize_by_num_entries", "plateau"]
    EPSILON_FIELD_NUMBER: _ClassVar[int]
    L2_PER_LOCATION_FIELD_NUMBER: _ClassVar[int]
    L2_PRESCALE_BY_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_BY_NUM_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    PLATEAU_FIELD_NUMBER: _ClassVar[int]
    epsilon: float
    l2_per_location: bool
    l2_prescale_by_channels: bool
    normalize_by_num_entries: bool
    plateau: float
    def __init__(self, l2_per_location: bool = ..., l2_prescale_by_channels: bool = ..., normalize_by_num_entries: bool = ..., epsilon: _Optional[float] = ..., plateau: _Optional[float] = ...) -> None: ...

class ResampleParameter(_message.Message):
    __slots__ = ["antialias", "factor", "height", "type", "width"]
    class ResampleType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ANTIALIAS_FIELD_NUMBER: _ClassVar[int]
    AREA: ResampleParameter.ResampleType
    CUBIC: ResampleParameter.ResampleType
    FACTOR_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LINEAR: ResampleParameter.ResampleType
    NEAREST: ResampleParameter.ResampleType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    antialias: bool
    factor: float
    height: int
    type: ResampleParameter.ResampleType
    width: int
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., type: _Optional[_Union[ResampleParameter.ResampleType, str]] = ..., antialias: bool = ..., factor: _Optional[float] = ...) -> None: ...
