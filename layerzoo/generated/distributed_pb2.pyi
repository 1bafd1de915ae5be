from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DistributedParameter(_message.Message):
    __slots__ = ["average_after", "average_every", "base_batch_size", "bucket_mb", "compression", "global_batch_size", "lr_scaling", "power_sgd_param", "sharding", "sharding_param", "static_graph", "sync_batch_norm"]
    class LRScaling(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AVERAGE_AFTER_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_EVERY_FIELD_NUMBER: _ClassVar[int]
    BASE_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BUCKET_MB_FIELD_NUMBER: _ClassVar[int]
    COMPRESSION_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    LINEAR: DistributedParameter.LRScaling
    LR_SCALING_FIELD_NUMBER: _ClassVar[int]
    NONE: DistributedParameter.LRScaling
    POWER_SGD_PARAM_FIELD_NUMBER: _ClassVar[int]
    SHARDING_FIELD_NUMBER: _ClassVar[int]
    SHARDING_PARAM_FIELD_NUMBER: _ClassVar[int]
    SQRT: DistributedParameter.LRScaling
    STATIC_GRAPH_FIELD_NUMBER: _ClassVar[int]
    SYNC_BATCH_NORM_FIELD_NUMBER: _ClassVar[int]
    average_after: int
    average_every: int
    base_batch_size: int
    bucket_mb: float
    compression: GradientCompression.Type
    global_batch_size: int
    lr_scaling: DistributedParameter.LRScaling
    power_sgd_param: PowerSGDParameter
    sharding: ParamSharding.Type
    sharding_param: ShardingParameter
    static_graph: bool
    sync_batch_norm: bool
    def __init__(self, sync_batch_norm: bool = ..., global_batch_size: _Optional[int] = ..., lr_scaling: _Optional[_Union[DistributedParameter.LRScaling, str]] = ..., base_batch_size: _Optional[int] = ..., bucket_mb: _Optional[float] = ..., static_graph: bool = ..., compression: _Optional[_Union[GradientCompression.Type, str]] = ..., power_sgd_param: _Optional[_Union[PowerSGDParameter, _Mapping]] = ..., average_every: _Optional[int] = ..., average_after: _Optional[int] = ..., sharding: _Optional[_Union[ParamSharding.Type, str]] = ..., sharding_param: _Optional[_Union[ShardingParameter, _Mapping]] = ...) -> None: ...

class GradientCompression(_message.Message):
    __slots__ = []
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BF16: GradientCompression.Type
    FP16: GradientCompression.Type
    NONE: GradientCompression.Type
    POWER_SGD: GradientCompression.Type
    def __init__(self) -> None: ...

class ParamSharding(_message.Message):
    __slots__ = []
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    FULL: ParamSharding.Type
    NONE: ParamSharding.Type
    def __init__(self) -> None: ...

class PowerSGDParameter(_message.Message):
    __slots__ = ["matrix_approximation_rank", "min_compression_rate", "start_powerSGD_iter"]
    MATRIX_APPROXIMATION_RANK_FIELD_NUMBER: _ClassVar[int]
    MIN_COMPRESSION_RATE_FIELD_NUMBER: _ClassVar[int]
    START_POWERSGD_ITER_FIELD_NUMBER: _ClassVar[int]
    matrix_approximation_rank: int
    min_compression_rate: float
    start_powerSGD_iter: int
    def __init__(self, matrix_approximation_rank: _Optional[int] = ..., start_powerSGD_iter: _Optional[int] = ..., min_compression_rate: _Optional[float] = ...) -> None: ...

class ShardingParameter(_message.Message):
    __slots__ = ["min_layer_size", "reshard_after_forward"]
    MIN_LAYER_SIZE_FIELD_NUMBER: _ClassVar[int]
    RESHARD_AFTER_FORWARD_FIELD_NUMBER: _ClassVar[int]
    min_layer_size: int
    reshard_after_forward: bool
    def __init__(self, reshard_after_forward: bool = ..., min_layer_size: _Optional[int] = ...) -> None: ...
