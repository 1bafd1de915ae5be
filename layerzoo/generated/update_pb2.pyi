from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class UpdateParameter(_message.Message):
    __slots__ = ["base_lr", "clip_gradients", "clip_weights", "decoupled_weight_decay", "delta", "every", "exclude_layer", "layer", "loss", "lr_mult", "momentum", "momentum2", "name", "regularization_type", "rms_decay", "stage", "times", "type", "weight_decay"]
    BASE_LR_FIELD_NUMBER: _ClassVar[int]
    CLIP_GRADIENTS_FIELD_NUMBER: _ClassVar[int]
    CLIP_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    DECOUPLED_WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_LAYER_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LOSS_FIELD_NUMBER: _ClassVar[int]
    LR_MULT_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM2_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REGULARIZATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    RMS_DECAY_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    base_lr: float
    clip_gradients: float
    clip_weights: float
    decoupled_weight_decay: bool
    delta: float
    every: int
    exclude_layer: _containers.RepeatedScalarFieldContainer[str]
    layer: _containers.RepeatedScalarFieldContainer[str]
    loss: _containers.RepeatedScalarFieldContainer[str]
    lr_mult: float
    momentum: float
    momentum2: float
    name: str
    regularization_type: str
    rms_decay: float
    stage: _containers.RepeatedScalarFieldContainer[str]
    times: int
    type: str
    weight_decay: float
    def __init__(self, name: _Optional[str] = ..., layer: _Optional[_Iterable[str]] = ..., exclude_layer: _Optional[_Iterable[str]] = ..., loss: _Optional[_Iterable[str]] = ..., times: _Optional[int] = ..., every: _Optional[int] = ..., stage: _Optional[_Iterable[str]] = ..., type: _Optional[str] = ..., base_lr: _Optional[float] = ..., lr_mult: _Optional[float] = ..., momentum: _Optional[float] = ..., momentum2: _Optional[float] = ..., rms_decay: _Optional[float] = ..., delta: _Optional[float] = ..., weight_decay: _Optional[float] = ..., decoupled_weight_decay: bool = ..., regularization_type: _Optional[str] = ..., clip_gradients: _Optional[float] = ..., clip_weights: _Optional[float] = ...) -> None: ...
