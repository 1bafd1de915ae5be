from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GaussianKLLossParameter(_message.Message):
    __slots__ = ["axis", "free_bits"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    FREE_BITS_FIELD_NUMBER: _ClassVar[int]
    axis: int
    free_bits: float
    def __init__(self, axis: _Optional[int] = ..., free_bits: _Optional[float] = ...) -> None: ...

class GradientScaleParameter(_message.Message):
    __slots__ = ["scale"]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    scale: float
    def __init__(self, scale: _Optional[float] = ...) -> None: ...

class KLDivLossParameter(_message.Message):
    __slots__ = ["axis", "input", "target", "temperature"]
    class Form(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    LOGITS: KLDivLossParameter.Form
    LOG_PROBABILITIES: KLDivLossParameter.Form
    PROBABILITIES: KLDivLossParameter.Form
    TARGET_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    input: KLDivLossParameter.Form
    target: KLDivLossParameter.Form
    temperature: float
    def __init__(self, input: _Optional[_Union[KLDivLossParameter.Form, str]] = ..., target: _Optional[_Union[KLDivLossParameter.Form, str]] = ..., axis: _Optional[int] = ..., temperature: _Optional[float] = ...) -> None: ...

class PolicyGradientLossParameter(_message.Message):
    __slots__ = ["axis", "entropy_weight"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    axis: int
    entropy_weight: float
    def __init__(self, axis: _Optional[int] = ..., entropy_weight: _Optional[float] = ...) -> None: ...

class SampleParameter(_message.Message):
    __slots__ = ["axis", "distribution", "input", "output", "std", "straight_through", "temperature", "test"]
    class Distribution(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Input(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Output(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Test(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BERNOULLI: SampleParameter.Distribution
    CATEGORICAL: SampleParameter.Distribution
    DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN: SampleParameter.Distribution
    HARD: SampleParameter.Output
    INDEX: SampleParameter.Output
    INPUT_FIELD_NUMBER: _ClassVar[int]
    LOGITS: SampleParameter.Input
    MEAN: SampleParameter.Test
    MODE: SampleParameter.Test
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITIES: SampleParameter.Input
    RELAXED: SampleParameter.Output
    SAMPLE: SampleParameter.Test
    STD_FIELD_NUMBER: _ClassVar[int]
    STRAIGHT_THROUGH_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    axis: int
    distribution: SampleParameter.Distribution
    input: SampleParameter.Input
    output: SampleParameter.Output
    std: float
    straight_through: bool
    temperature: float
    test: SampleParameter.Test
    def __init__(self, distribution: _Optional[_Union[SampleParameter.Distribution, str]] = ..., input: _Optional[_Union[SampleParameter.Input, str]] = ..., output: _Optional[_Union[SampleParameter.Output, str]] = ..., axis: _Optional[int] = ..., temperature: _Optional[float] = ..., straight_through: bool = ..., std: _Optional[float] = ..., test: _Optional[_Union[SampleParameter.Test, str]] = ...) -> None: ...

class SpatialTransformerParameter(_message.Message):
    __slots__ = ["output_H", "output_W", "padding", "pixel_grid", "sampler_type", "theta_1_1", "theta_1_2", "theta_1_3", "theta_2_1", "theta_2_2", "theta_2_3", "to_compute_dU", "transform_type", "x_first"]
    class Padding(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class PixelGrid(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BORDER: SpatialTransformerParameter.Padding
    CENTRES: SpatialTransformerParameter.PixelGrid
    EDGES: SpatialTransformerParameter.PixelGrid
    OUTPUT_H_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_W_FIELD_NUMBER: _ClassVar[int]
    PADDING_FIELD_NUMBER: _ClassVar[int]
    PIXEL_GRID_FIELD_NUMBER: _ClassVar[int]
    SAMPLER_TYPE_FIELD_NUMBER: _ClassVar[int]
    SHIFTED: SpatialTransformerParameter.PixelGrid
    THETA_1_1_FIELD_NUMBER: _ClassVar[int]
    THETA_1_2_FIELD_NUMBER: _ClassVar[int]
    THETA_1_3_FIELD_NUMBER: _ClassVar[int]
    THETA_2_1_FIELD_NUMBER: _ClassVar[int]
    THETA_2_2_FIELD_NUMBER: _ClassVar[int]
    THETA_2_3_FIELD_NUMBER: _ClassVar[int]
    TO_COMPUTE_DU_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_TYPE_FIELD_NUMBER: _ClassVar[int]
    X_FIRST_FIELD_NUMBER: _ClassVar[int]
    ZEROS: SpatialTransformerParameter.Padding
    output_H: int
    output_W: int
    padding: SpatialTransformerParameter.Padding
    pixel_grid: SpatialTransformerParameter.PixelGrid
    sampler_type: str
    theta_1_1: float
    theta_1_2: float
    theta_1_3: float
    theta_2_1: float
    theta_2_2: float
    theta_2_3: float
    to_compute_dU: bool
    transform_type: str
    x_first: bool
    def __init__(self, transform_type: _Optional[str] = ..., sampler_type: _Optional[str] = ..., output_H: _Optional[int] = ..., output_W: _Optional[int] = ..., to_compute_dU: bool = ..., theta_1_1: _Optional[float] = ..., theta_1_2: _Optional[float] = ..., theta_1_3: _Optional[float] = ..., theta_2_1: _Optional[float] = ..., theta_2_2: _Optional[float] = ..., theta_2_3: _Optional[float] = ..., pixel_grid: _Optional[_Union[SpatialTransformerParameter.PixelGrid, str]] = ..., x_first: bool = ..., padding: _Optional[_Union[SpatialTransformerParameter.Padding, str]] = ...) -> None: ...

class SpectralNormParameter(_message.Message):
    __slots__ = ["axis", "eps", "iterations"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    axis: int
    eps: float
    iterations: int
    def __init__(self, axis: _Optional[int] = ..., iterations: _Optional[int] = ..., eps: _Optional[float] = ...) -> None: ...
