from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BlurParameter(_message.Message):
    __slots__ = ["max_sigma", "min_sigma", "prob"]
    MAX_SIGMA_FIELD_NUMBER: _ClassVar[int]
    MIN_SIGMA_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    max_sigma: float
    min_sigma: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., min_sigma: _Optional[float] = ..., max_sigma: _Optional[float] = ...) -> None: ...

class ColorJitterParameter(_message.Message):
    __slots__ = ["brightness", "contrast", "hue", "prob", "saturation"]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    HUE_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    brightness: float
    contrast: float
    hue: float
    prob: float
    saturation: float
    def __init__(self, prob: _Optional[float] = ..., brightness: _Optional[float] = ..., contrast: _Optional[float] = ..., saturation: _Optional[float] = ..., hue: _Optional[float] = ...) -> None: ...

class CutoutParameter(_message.Message):
    __slots__ = ["count", "max_side", "min_side", "prob"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MAX_SIDE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIDE_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    count: int
    max_side: float
    min_side: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., count: _Optional[int] = ..., min_side: _Optional[float] = ..., max_side: _Optional[float] = ...) -> None: ...

class DistortionParameter(_message.Message):
    __slots__ = ["all_effects", "brightness", "brightness_delta", "brightness_prob", "contrast", "contrast_lower", "contrast_prob", "contrast_upper", "hue", "hue_delta", "hue_prob", "prob", "random_order", "random_order_prob", "saturation", "saturation_lower", "saturation_prob", "saturation_upper"]
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_DELTA_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_FIELD_NUMBER: _ClassVar[int]
    BRIGHTNESS_PROB_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_LOWER_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_PROB_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_UPPER_FIELD_NUMBER: _ClassVar[int]
    HUE_DELTA_FIELD_NUMBER: _ClassVar[int]
    HUE_FIELD_NUMBER: _ClassVar[int]
    HUE_PROB_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ORDER_FIELD_NUMBER: _ClassVar[int]
    RANDOM_ORDER_PROB_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    SATURATION_LOWER_FIELD_NUMBER: _ClassVar[int]
    SATURATION_PROB_FIELD_NUMBER: _ClassVar[int]
    SATURATION_UPPER_FIELD_NUMBER: _ClassVar[int]
    all_effects: bool
    brightness: bool
    brightness_delta: float
    brightness_prob: float
    contrast: bool
    contrast_lower: float
    contrast_prob: float
    contrast_upper: float
    hue: bool
    hue_delta: float
    hue_prob: float
    prob: float
    random_order: bool
    random_order_prob: float
    saturation: bool
    saturation_lower: float
    saturation_prob: float
    saturation_upper: float
    def __init__(self, brightness_prob: _Optional[float] = ..., brightness_delta: _Optional[float] = ..., contrast_prob: _Optional[float] = ..., contrast_lower: _Optional[float] = ..., contrast_upper: _Optional[float] = ..., hue_prob: _Optional[float] = ..., hue_delta: _Optional[float] = ..., saturation_prob: _Optional[float] = ..., saturation_lower: _Optional[float] = ..., saturation_upper: _Optional[float] = ..., random_order_prob: _Optional[float] = ..., prob: _Optional[float] = ..., all_effects: bool = ..., brightness: bool = ..., contrast: bool = ..., saturation: bool = ..., hue: bool = ..., random_order: bool = ...) -> None: ...

class EmitConstraint(_message.Message):
    __slots__ = ["emit_overlap", "emit_type"]
    class EmitType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CENTER: EmitConstraint.EmitType
    EMIT_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    EMIT_TYPE_FIELD_NUMBER: _ClassVar[int]
    MIN_OVERLAP: EmitConstraint.EmitType
    emit_overlap: float
    emit_type: EmitConstraint.EmitType
    def __init__(self, emit_type: _Optional[_Union[EmitConstraint.EmitType, str]] = ..., emit_overlap: _Optional[float] = ...) -> None: ...

class ExpansionParameter(_message.Message):
    __slots__ = ["max_expand_ratio", "prob"]
    MAX_EXPAND_RATIO_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    max_expand_ratio: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., max_expand_ratio: _Optional[float] = ...) -> None: ...

class GaussianNoiseParameter(_message.Message):
    __slots__ = ["max_std", "min_std", "prob"]
    MAX_STD_FIELD_NUMBER: _ClassVar[int]
    MIN_STD_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    max_std: float
    min_std: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., min_std: _Optional[float] = ..., max_std: _Optional[float] = ...) -> None: ...

class GeometryParameter(_message.Message):
    __slots__ = ["all_effects", "pad_mode", "persp_factor", "persp_horizontal", "persp_vertical", "prob", "zoom_factor", "zoom_in", "zoom_out"]
    class Pad_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    CONSTANT: GeometryParameter.Pad_mode
    MIRRORED: GeometryParameter.Pad_mode
    PAD_MODE_FIELD_NUMBER: _ClassVar[int]
    PERSP_FACTOR_FIELD_NUMBER: _ClassVar[int]
    PERSP_HORIZONTAL_FIELD_NUMBER: _ClassVar[int]
    PERSP_VERTICAL_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    REPEAT_NEAREST: GeometryParameter.Pad_mode
    ZOOM_FACTOR_FIELD_NUMBER: _ClassVar[int]
    ZOOM_IN_FIELD_NUMBER: _ClassVar[int]
    ZOOM_OUT_FIELD_NUMBER: _ClassVar[int]
    all_effects: bool
    pad_mode: GeometryParameter.Pad_mode
    persp_factor: float
    persp_horizontal: bool
    persp_vertical: bool
    prob: float
    zoom_factor: float
    zoom_in: bool
    zoom_out: bool
    def __init__(self, prob: _Optional[float] = ..., all_effects: bool = ..., persp_horizontal: bool = ..., persp_vertical: bool = ..., zoom_out: bool = ..., zoom_in: bool = ..., zoom_factor: _Optional[float] = ..., persp_factor: _Optional[float] = ..., pad_mode: _Optional[_Union[GeometryParameter.Pad_mode, str]] = ...) -> None: ...

class JPEGParameter(_message.Message):
    __slots__ = ["max_quality", "min_quality", "prob"]
    MAX_QUALITY_FIELD_NUMBER: _ClassVar[int]
    MIN_QUALITY_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    max_quality: int
    min_quality: int
    prob: float
    def __init__(self, prob: _Optional[float] = ..., min_quality: _Optional[int] = ..., max_quality: _Optional[int] = ...) -> None: ...

class MixParameter(_message.Message):
    __slots__ = ["classes", "cutmix_alpha", "mixup_alpha", "prob"]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CUTMIX_ALPHA_FIELD_NUMBER: _ClassVar[int]
    MIXUP_ALPHA_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    classes: int
    cutmix_alpha: float
    mixup_alpha: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., mixup_alpha: _Optional[float] = ..., cutmix_alpha: _Optional[float] = ..., classes: _Optional[int] = ...) -> None: ...

class NoiseParameter(_message.Message):
    __slots__ = ["all_effects", "clahe", "convert_to_hsv", "convert_to_lab", "decolorize", "erode", "gauss_blur", "hist_eq", "inverse", "jpeg", "posterize", "prob", "saltpepper", "saltpepper_param"]
    ALL_EFFECTS_FIELD_NUMBER: _ClassVar[int]
    CLAHE_FIELD_NUMBER: _ClassVar[int]
    CONVERT_TO_HSV_FIELD_NUMBER: _ClassVar[int]
    CONVERT_TO_LAB_FIELD_NUMBER: _ClassVar[int]
    DECOLORIZE_FIELD_NUMBER: _ClassVar[int]
    ERODE_FIELD_NUMBER: _ClassVar[int]
    GAUSS_BLUR_FIELD_NUMBER: _ClassVar[int]
    HIST_EQ_FIELD_NUMBER: _ClassVar[int]
    INVERSE_FIELD_NUMBER: _ClassVar[int]
    JPEG_FIELD_NUMBER: _ClassVar[int]
    POSTERIZE_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    SALTPEPPER_FIELD_NUMBER: _ClassVar[int]
    SALTPEPPER_PARAM_FIELD_NUMBER: _ClassVar[int]
    all_effects: bool
    clahe: bool
    convert_to_hsv: bool
    convert_to_lab: bool
    decolorize: bool
    erode: bool
    gauss_blur: bool
    hist_eq: bool
    inverse: bool
    jpeg: float
    posterize: bool
    prob: float
    saltpepper: bool
    saltpepper_param: SaltPepperParameter
    def __init__(self, prob: _Optional[float] = ..., hist_eq: bool = ..., inverse: bool = ..., decolorize: bool = ..., gauss_blur: bool = ..., jpeg: _Optional[float] = ..., posterize: bool = ..., erode: bool = ..., saltpepper: bool = ..., saltpepper_param: _Optional[_Union[SaltPepperParameter, _Mapping]] = ..., clahe: bool = ..., convert_to_hsv: bool = ..., convert_to_lab: bool = ..., all_effects: bool = ...) -> None: ...

class RandAugmentParameter(_message.Message):
    __slots__ = ["count", "magnitude"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    count: int
    magnitude: int
    def __init__(self, count: _Optional[int] = ..., magnitude: _Optional[int] = ...) -> None: ...

class RandomCropParameter(_message.Message):
    __slots__ = ["height", "interp_mode", "max_area", "max_aspect", "min_area", "min_aspect", "size", "width"]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    INTERP_MODE_FIELD_NUMBER: _ClassVar[int]
    MAX_AREA_FIELD_NUMBER: _ClassVar[int]
    MAX_ASPECT_FIELD_NUMBER: _ClassVar[int]
    MIN_AREA_FIELD_NUMBER: _ClassVar[int]
    MIN_ASPECT_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    height: int
    interp_mode: ResizeParameter.Interp_mode
    max_area: float
    max_aspect: float
    min_area: float
    min_aspect: float
    size: int
    width: int
    def __init__(self, size: _Optional[int] = ..., height: _Optional[int] = ..., width: _Optional[int] = ..., min_area: _Optional[float] = ..., max_area: _Optional[float] = ..., min_aspect: _Optional[float] = ..., max_aspect: _Optional[float] = ..., interp_mode: _Optional[_Union[ResizeParameter.Interp_mode, str]] = ...) -> None: ...

class ResizeParameter(_message.Message):
    __slots__ = ["center_object", "height", "height_scale", "interp_mode", "max_angle", "pad_mode", "pad_value", "prob", "resize_mode", "width", "width_scale"]
    class Interp_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Pad_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Resize_mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AREA: ResizeParameter.Interp_mode
    CENTER_OBJECT_FIELD_NUMBER: _ClassVar[int]
    CONSTANT: ResizeParameter.Pad_mode
    CUBIC: ResizeParameter.Interp_mode
    FIT_LARGE_SIZE_AND_PAD: ResizeParameter.Resize_mode
    FIT_SMALL_SIZE: ResizeParameter.Resize_mode
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_SCALE_FIELD_NUMBER: _ClassVar[int]
    INTERP_MODE_FIELD_NUMBER: _ClassVar[int]
    LANCZOS4: ResizeParameter.Interp_mode
    LINEAR: ResizeParameter.Interp_mode
    MAX_ANGLE_FIELD_NUMBER: _ClassVar[int]
    MIRRORED: ResizeParameter.Pad_mode
    NEAREST: ResizeParameter.Interp_mode
    PAD_MODE_FIELD_NUMBER: _ClassVar[int]
    PAD_VALUE_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    REPEAT_NEAREST: ResizeParameter.Pad_mode
    RESIZE_MODE_FIELD_NUMBER: _ClassVar[int]
    WARP: ResizeParameter.Resize_mode
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    WIDTH_SCALE_FIELD_NUMBER: _ClassVar[int]
    center_object: bool
    height: int
    height_scale: int
    interp_mode: _containers.RepeatedScalarFieldContainer[ResizeParameter.Interp_mode]
    max_angle: float
    pad_mode: ResizeParameter.Pad_mode
    pad_value: _containers.RepeatedScalarFieldContainer[float]
    prob: float
    resize_mode: ResizeParameter.Resize_mode
    width: int
    width_scale: int
    def __init__(self, prob: _Optional[float] = ..., resize_mode: _Optional[_Union[ResizeParameter.Resize_mode, str]] = ..., height: _Optional[int] = ..., width: _Optional[int] = ..., height_scale: _Optional[int] = ..., width_scale: _Optional[int] = ..., pad_mode: _Optional[_Union[ResizeParameter.Pad_mode, str]] = ..., pad_value: _Optional[_Iterable[float]] = ..., interp_mode: _Optional[_Iterable[_Union[ResizeParameter.Interp_mode, str]]] = ..., max_angle: _Optional[float] = ..., center_object: bool = ...) -> None: ...

class SaltPepperParameter(_message.Message):
    __slots__ = ["fraction", "value"]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    value: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, fraction: _Optional[float] = ..., value: _Optional[_Iterable[float]] = ...) -> None: ...

class TransformationParameter(_message.Message):
    __slots__ = ["blur_param", "color_jitter_param", "crop_h", "crop_height", "crop_size", "crop_w", "crop_width", "cutout_param", "distort_param", "emit_constraint", "expand_param", "fill_label", "fill_value", "fix_crop", "force_color", "force_gray", "gaussian_noise_param", "geometry_param", "gray_prob", "is_flow", "jpeg_param", "max_distort", "mean_file", "mean_value", "mirror", "mix_param", "more_fix_crop", "multi_scale", "noise_param", "on_device", "rand_augment_param", "random_crop_param", "resize_param", "scale", "scale_factors", "scale_ratios", "trivial_augment", "warp_param"]
    BLUR_PARAM_FIELD_NUMBER: _ClassVar[int]
    COLOR_JITTER_PARAM_FIELD_NUMBER: _ClassVar[int]
    CROP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CROP_H_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    CROP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    CROP_W_FIELD_NUMBER: _ClassVar[int]
    CUTOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DISTORT_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMIT_CONSTRAINT_FIELD_NUMBER: _ClassVar[int]
    EXPAND_PARAM_FIELD_NUMBER: _ClassVar[int]
    FILL_LABEL_FIELD_NUMBER: _ClassVar[int]
    FILL_VALUE_FIELD_NUMBER: _ClassVar[int]
    FIX_CROP_FIELD_NUMBER: _ClassVar[int]
    FORCE_COLOR_FIELD_NUMBER: _ClassVar[int]
    FORCE_GRAY_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN_NOISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    GEOMETRY_PARAM_FIELD_NUMBER: _ClassVar[int]
    GRAY_PROB_FIELD_NUMBER: _ClassVar[int]
    IS_FLOW_FIELD_NUMBER: _ClassVar[int]
    JPEG_PARAM_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTORT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    MIX_PARAM_FIELD_NUMBER: _ClassVar[int]
    MORE_FIX_CROP_FIELD_NUMBER: _ClassVar[int]
    MULTI_SCALE_FIELD_NUMBER: _ClassVar[int]
    NOISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ON_DEVICE_FIELD_NUMBER: _ClassVar[int]
    RANDOM_CROP_PARAM_FIELD_NUMBER: _ClassVar[int]
    RAND_AUGMENT_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SCALE_FACTORS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SCALE_RATIOS_FIELD_NUMBER: _ClassVar[int]
    TRIVIAL_AUGMENT_FIELD_NUMBER: _ClassVar[int]
    WARP_PARAM_FIELD_NUMBER: _ClassVar[int]
    blur_param: BlurParameter
    color_jitter_param: ColorJitterParameter
    crop_h: int
    crop_height: int
    crop_size: int
    crop_w: int
    crop_width: int
    cutout_param: CutoutParameter
    distort_param: DistortionParameter
    emit_constraint: EmitConstraint
    expand_param: ExpansionParameter
    fill_label: int
    fill_value: _containers.RepeatedScalarFieldContainer[float]
    fix_crop: bool
    force_color: bool
    force_gray: bool
    gaussian_noise_param: GaussianNoiseParameter
    geometry_param: GeometryParameter
    gray_prob: float
    is_flow: bool
    jpeg_param: JPEGParameter
    max_distort: int
    mean_file: str
    mean_value: _containers.RepeatedScalarFieldContainer[float]
    mirror: bool
    mix_param: MixParameter
    more_fix_crop: bool
    multi_scale: bool
    noise_param: NoiseParameter
    on_device: bool
    rand_augment_param: RandAugmentParameter
    random_crop_param: RandomCropParameter
    resize_param: _containers.RepeatedCompositeFieldContainer[ResizeParameter]
    scale: float
    scale_factors: _containers.RepeatedScalarFieldContainer[float]
    scale_ratios: _containers.RepeatedScalarFieldContainer[float]
    trivial_augment: bool
    warp_param: WarpParameter
    def __init__(self, scale: _Optional[float] = ..., mirror: bool = ..., crop_size: _Optional[int] = ..., mean_file: _Optional[str] = ..., mean_value: _Optional[_Iterable[float]] = ..., force_color: bool = ..., force_gray: bool = ..., multi_scale: bool = ..., scale_ratios: _Optional[_Iterable[float]] = ..., max_distort: _Optional[int] = ..., fix_crop: bool = ..., more_fix_crop: bool = ..., is_flow: bool = ..., resize_param: _Optional[_Iterable[_Union[ResizeParameter, _Mapping]]] = ..., noise_param: _Optional[_Union[NoiseParameter, _Mapping]] = ..., crop_h: _Optional[int] = ..., crop_w: _Optional[int] = ..., distort_param: _Optional[_Union[DistortionParameter, _Mapping]] = ..., expand_param: _Optional[_Union[ExpansionParameter, _Mapping]] = ..., emit_constraint: _Optional[_Union[EmitConstraint, _Mapping]] = ..., crop_height: _Optional[int] = ..., crop_width: _Optional[int] = ..., scale_factors: _Optional[_Iterable[float]] = ..., random_crop_param: _Optional[_Union[RandomCropParameter, _Mapping]] = ..., warp_param: _Optional[_Union[WarpParameter, _Mapping]] = ..., color_jitter_param: _Optional[_Union[ColorJitterParameter, _Mapping]] = ..., gray_prob: _Optional[float] = ..., blur_param: _Optional[_Union[BlurParameter, _Mapping]] = ..., gaussian_noise_param: _Optional[_Union[GaussianNoiseParameter, _Mapping]] = ..., jpeg_param: _Optional[_Union[JPEGParameter, _Mapping]] = ..., cutout_param: _Optional[_Union[CutoutParameter, _Mapping]] = ..., rand_augment_param: _Optional[_Union[RandAugmentParameter, _Mapping]] = ..., trivial_augment: bool = ..., mix_param: _Optional[_Union[MixParameter, _Mapping]] = ..., on_device: bool = ..., fill_value: _Optional[_Iterable[float]] = ..., fill_label: _Optional[int] = ..., geometry_param: _Optional[_Union[GeometryParameter, _Mapping]] = ...) -> None: ...

class WarpParameter(_message.Message):
    __slots__ = ["border", "max_perspective", "max_rotation", "max_shear", "max_translation", "max_zoom", "min_zoom", "prob"]
    BORDER_FIELD_NUMBER: _ClassVar[int]
    MAX_PERSPECTIVE_FIELD_NUMBER: _ClassVar[int]
    MAX_ROTATION_FIELD_NUMBER: _ClassVar[int]
    MAX_SHEAR_FIELD_NUMBER: _ClassVar[int]
    MAX_TRANSLATION_FIELD_NUMBER: _ClassVar[int]
    MAX_ZOOM_FIELD_NUMBER: _ClassVar[int]
    MIN_ZOOM_FIELD_NUMBER: _ClassVar[int]
    PROB_FIELD_NUMBER: _ClassVar[int]
    border: ResizeParameter.Pad_mode
    max_perspective: float
    max_rotation: float
    max_shear: float
    max_translation: float
    max_zoom: float
    min_zoom: float
    prob: float
    def __init__(self, prob: _Optional[float] = ..., max_rotation: _Optional[float] = ..., max_translation: _Optional[float] = ..., min_zoom: _Optional[float] = ..., max_zoom: _Optional[float] = ..., max_shear: _Optional[float] = ..., max_perspective: _Optional[float] = ..., border: _Optional[_Union[ResizeParameter.Pad_mode, str]] = ...) -> None: ...
