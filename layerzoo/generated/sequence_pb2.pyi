from layerzoo.generated import common_pb2 as _common_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Mapping as _Mapping, Optional as _Optional, Union as _Union

AFTER: RecurrentReset
BACKWARD: RecurrentDirection
BEFORE: RecurrentReset
BIDIRECTIONAL: RecurrentDirection
DESCRIPTOR: _descriptor.FileDescriptor
FORWARD: RecurrentDirection

class AttentionParameter(_message.Message):
    __slots__ = ["bias_filler", "bias_term", "causal", "dropout_ratio", "head_size", "head_weights", "lengths", "mask", "num_heads", "num_kv_heads", "num_output", "project", "rotary", "scale", "score", "weight_filler", "window"]
    class Score(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ADDITIVE: AttentionParameter.Score
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    CAUSAL_FIELD_NUMBER: _ClassVar[int]
    DOT: AttentionParameter.Score
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    HEAD_SIZE_FIELD_NUMBER: _ClassVar[int]
    HEAD_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    LENGTHS_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    NUM_HEADS_FIELD_NUMBER: _ClassVar[int]
    NUM_KV_HEADS_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ROTARY_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    causal: bool
    dropout_ratio: float
    head_size: int
    head_weights: bool
    lengths: bool
    mask: bool
    num_heads: int
    num_kv_heads: int
    num_output: int
    project: bool
    rotary: RotaryParameter
    scale: float
    score: AttentionParameter.Score
    weight_filler: _common_pb2.FillerParameter
    window: int
    def __init__(self, num_heads: _Optional[int] = ..., num_kv_heads: _Optional[int] = ..., score: _Optional[_Union[AttentionParameter.Score, str]] = ..., causal: bool = ..., mask: bool = ..., lengths: bool = ..., window: _Optional[int] = ..., project: bool = ..., num_output: _Optional[int] = ..., head_size: _Optional[int] = ..., bias_term: bool = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., dropout_ratio: _Optional[float] = ..., scale: _Optional[float] = ..., rotary: _Optional[_Union[RotaryParameter, _Mapping]] = ..., head_weights: bool = ...) -> None: ...

class InstanceNormParameter(_message.Message):
    __slots__ = ["bias_filler", "eps", "scale_bias", "scale_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    SCALE_BIAS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    eps: float
    scale_bias: bool
    scale_filler: _common_pb2.FillerParameter
    def __init__(self, eps: _Optional[float] = ..., scale_bias: bool = ..., scale_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class LayerNormParameter(_message.Message):
    __slots__ = ["axis", "bias_filler", "eps", "scale_bias", "scale_filler"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    SCALE_BIAS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    bias_filler: _common_pb2.FillerParameter
    eps: float
    scale_bias: bool
    scale_filler: _common_pb2.FillerParameter
    def __init__(self, axis: _Optional[int] = ..., eps: _Optional[float] = ..., scale_bias: bool = ..., scale_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class PositionParameter(_message.Message):
    __slots__ = ["axis", "base", "filler", "kind", "max_length", "num_output", "offset"]
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    INDEX: PositionParameter.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEARNED: PositionParameter.Kind
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SINUSOIDAL: PositionParameter.Kind
    axis: int
    base: float
    filler: _common_pb2.FillerParameter
    kind: PositionParameter.Kind
    max_length: int
    num_output: int
    offset: int
    def __init__(self, axis: _Optional[int] = ..., kind: _Optional[_Union[PositionParameter.Kind, str]] = ..., num_output: _Optional[int] = ..., max_length: _Optional[int] = ..., offset: _Optional[int] = ..., base: _Optional[float] = ..., filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class RMSNormParameter(_message.Message):
    __slots__ = ["axis", "eps", "scale", "scale_filler"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    eps: float
    scale: bool
    scale_filler: _common_pb2.FillerParameter
    def __init__(self, axis: _Optional[int] = ..., eps: _Optional[float] = ..., scale: bool = ..., scale_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class RotaryParameter(_message.Message):
    __slots__ = ["base", "fraction", "interleaved"]
    BASE_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    INTERLEAVED_FIELD_NUMBER: _ClassVar[int]
    base: float
    fraction: float
    interleaved: bool
    def __init__(self, base: _Optional[float] = ..., fraction: _Optional[float] = ..., interleaved: bool = ...) -> None: ...

class SequenceMaskParameter(_message.Message):
    __slots__ = ["time_first"]
    TIME_FIRST_FIELD_NUMBER: _ClassVar[int]
    time_first: bool
    def __init__(self, time_first: bool = ...) -> None: ...

class RecurrentDirection(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class RecurrentReset(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
