from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AdafactorParameter(_message.Message):
    __slots__ = ["clip_threshold", "decay_rate", "least_scale", "relative_step", "scale_by_param"]
    CLIP_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DECAY_RATE_FIELD_NUMBER: _ClassVar[int]
    LEAST_SCALE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_STEP_FIELD_NUMBER: _ClassVar[int]
    SCALE_BY_PARAM_FIELD_NUMBER: _ClassVar[int]
    clip_threshold: float
    decay_rate: float
    least_scale: float
    relative_step: bool
    scale_by_param: bool
    def __init__(self, decay_rate: _Optional[float] = ..., clip_threshold: _Optional[float] = ..., scale_by_param: bool = ..., least_scale: _Optional[float] = ..., relative_step: bool = ...) -> None: ...

class AnnealingParameter(_message.Message):
    __slots__ = ["cooling", "deviation", "narrowing", "proposal", "temperature"]
    class Proposal(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    COOLING_FIELD_NUMBER: _ClassVar[int]
    DEVIATION_FIELD_NUMBER: _ClassVar[int]
    GRADIENT_STEP: AnnealingParameter.Proposal
    NARROWING_FIELD_NUMBER: _ClassVar[int]
    PERTURBATION: AnnealingParameter.Proposal
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    cooling: float
    deviation: float
    narrowing: float
    proposal: AnnealingParameter.Proposal
    temperature: float
    def __init__(self, proposal: _Optional[_Union[AnnealingParameter.Proposal, str]] = ..., temperature: _Optional[float] = ..., cooling: _Optional[float] = ..., deviation: _Optional[float] = ..., narrowing: _Optional[float] = ...) -> None: ...

class BFGSParameter(_message.Message):
    __slots__ = ["max_params"]
    MAX_PARAMS_FIELD_NUMBER: _ClassVar[int]
    max_params: int
    def __init__(self, max_params: _Optional[int] = ...) -> None: ...

class GaussNewtonParameter(_message.Message):
    __slots__ = ["damping", "max_attempts", "max_products", "tolerance"]
    DAMPING_FIELD_NUMBER: _ClassVar[int]
    MAX_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    MAX_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    damping: float
    max_attempts: int
    max_products: int
    tolerance: float
    def __init__(self, damping: _Optional[float] = ..., max_products: _Optional[int] = ..., tolerance: _Optional[float] = ..., max_attempts: _Optional[int] = ...) -> None: ...

class MuonParameter(_message.Message):
    __slots__ = ["adamw", "adamw_lr_mult", "adamw_momentum", "nesterov", "scale", "single_precision", "steps"]
    class Scale(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ADAMW_FIELD_NUMBER: _ClassVar[int]
    ADAMW_LR_MULT_FIELD_NUMBER: _ClassVar[int]
    ADAMW_MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    MATCH_RMS_ADAMW: MuonParameter.Scale
    NESTEROV_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL: MuonParameter.Scale
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SINGLE_PRECISION_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    adamw: _containers.RepeatedScalarFieldContainer[str]
    adamw_lr_mult: float
    adamw_momentum: float
    nesterov: bool
    scale: MuonParameter.Scale
    single_precision: bool
    steps: int
    def __init__(self, scale: _Optional[_Union[MuonParameter.Scale, str]] = ..., adamw: _Optional[_Iterable[str]] = ..., adamw_momentum: _Optional[float] = ..., adamw_lr_mult: _Optional[float] = ..., nesterov: bool = ..., steps: _Optional[int] = ..., single_precision: bool = ...) -> None: ...

class NewtonCGParameter(_message.Message):
    __slots__ = ["max_products", "max_radius", "method", "radius", "tolerance"]
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    LINE_SEARCH: NewtonCGParameter.Method
    MAX_PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    MAX_RADIUS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RADIUS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    TRUST_REGION: NewtonCGParameter.Method
    max_products: int
    max_radius: float
    method: NewtonCGParameter.Method
    radius: float
    tolerance: float
    def __init__(self, method: _Optional[_Union[NewtonCGParameter.Method, str]] = ..., max_products: _Optional[int] = ..., tolerance: _Optional[float] = ..., radius: _Optional[float] = ..., max_radius: _Optional[float] = ...) -> None: ...

class NewtonParameter(_message.Message):
    __slots__ = ["damping", "max_params"]
    DAMPING_FIELD_NUMBER: _ClassVar[int]
    MAX_PARAMS_FIELD_NUMBER: _ClassVar[int]
    damping: float
    max_params: int
    def __init__(self, damping: _Optional[float] = ..., max_params: _Optional[int] = ...) -> None: ...

class ScheduleFreeParameter(_message.Message):
    __slots__ = ["lr_power", "power"]
    LR_POWER_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    lr_power: float
    power: float
    def __init__(self, lr_power: _Optional[float] = ..., power: _Optional[float] = ...) -> None: ...
