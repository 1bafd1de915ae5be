from layerzoo.generated import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BNParameter(_message.Message):
    __slots__ = ["bias_filler", "bn_mode", "dialect", "engine", "eps", "frozen", "momentum", "scale_filler", "shift_filler", "slope_filler"]
    class BNMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Dialect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BN_MODE_FIELD_NUMBER: _ClassVar[int]
    CAFFE: BNParameter.Engine
    CAFFE_WINDOWS: BNParameter.Dialect
    CUDNN: BNParameter.Engine
    DEFAULT: BNParameter.Engine
    DIALECT_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    INFERENCE: BNParameter.BNMode
    LEARN: BNParameter.BNMode
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    PSPNET: BNParameter.Dialect
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    SEGNET: BNParameter.Dialect
    SHIFT_FILLER_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    bn_mode: BNParameter.BNMode
    dialect: BNParameter.Dialect
    engine: BNParameter.Engine
    eps: float
    frozen: bool
    momentum: float
    scale_filler: _common_pb2.FillerParameter
    shift_filler: _common_pb2.FillerParameter
    slope_filler: _common_pb2.FillerParameter
    def __init__(self, slope_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., momentum: _Optional[float] = ..., eps: _Optional[float] = ..., frozen: bool = ..., engine: _Optional[_Union[BNParameter.Engine, str]] = ..., scale_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., shift_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bn_mode: _Optional[_Union[BNParameter.BNMode, str]] = ..., dialect: _Optional[_Union[BNParameter.Dialect, str]] = ...) -> None: ...

class EltwiseAffineParameter(_message.Message):
    __slots__ = ["bias_filler", "channel_shared", "slope_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_SHARED_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    channel_shared: bool
    slope_filler: _common_pb2.FillerParameter
    def __init__(self, slope_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., channel_shared: bool = ...) -> None: ...

class GroupNormParameter(_message.Message):
    __slots__ = ["eps", "group_num"]
    EPS_FIELD_NUMBER: _ClassVar[int]
    GROUP_NUM_FIELD_NUMBER: _ClassVar[int]
    eps: float
    group_num: int
    def __init__(self, eps: _Optional[float] = ..., group_num: _Optional[int] = ...) -> None: ...

class InsanityParameter(_message.Message):
    __slots__ = ["lb", "ub"]
    LB_FIELD_NUMBER: _ClassVar[int]
    UB_FIELD_NUMBER: _ClassVar[int]
    lb: float
    ub: float
    def __init__(self, lb: _Optional[float] = ..., ub: _Optional[float] = ...) -> None: ...

class LocalParameter(_message.Message):
    __slots__ = ["bias_filler", "bias_term", "kernel_size", "num_output", "pad", "stride", "weight_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    kernel_size: int
    num_output: int
    pad: int
    stride: int
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., bias_term: bool = ..., pad: _Optional[int] = ..., kernel_size: _Optional[int] = ..., stride: _Optional[int] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class RReLUParameter(_message.Message):
    __slots__ = ["negative_slope_lower", "negative_slope_upper"]
    NEGATIVE_SLOPE_LOWER_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_UPPER_FIELD_NUMBER: _ClassVar[int]
    negative_slope_lower: float
    negative_slope_upper: float
    def __init__(self, negative_slope_lower: _Optional[float] = ..., negative_slope_upper: _Optional[float] = ...) -> None: ...

class ReLU6Parameter(_message.Message):
    __slots__ = ["engine", "negative_slope"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CAFFE: ReLU6Parameter.Engine
    CUDNN: ReLU6Parameter.Engine
    DEFAULT: ReLU6Parameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    engine: ReLU6Parameter.Engine
    negative_slope: float
    def __init__(self, negative_slope: _Optional[float] = ..., engine: _Optional[_Union[ReLU6Parameter.Engine, str]] = ...) -> None: ...

class ReverseParameter(_message.Message):
    __slots__ = ["axis"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    axis: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, axis: _Optional[_Iterable[int]] = ...) -> None: ...

class SELUParameter(_message.Message):
    __slots__ = ["alpha"]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    def __init__(self, alpha: _Optional[float] = ..., **kwargs) -> None: ...

class SeLuDropoutParameter(_message.Message):
    __slots__ = ["dropout_ratio"]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    dropout_ratio: float
    def __init__(self, dropout_ratio: _Optional[float] = ...) -> None: ...

class ShuffleChannelParameter(_message.Message):
    __slots__ = ["group"]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    group: int
    def __init__(self, group: _Optional[int] = ...) -> None: ...

class SpatialDropoutParameter(_message.Message):
    __slots__ = ["dropout_ratio"]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    dropout_ratio: float
    def __init__(self, dropout_ratio: _Optional[float] = ...) -> None: ...
