from layerzoo.generated import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchContrastiveParameter(_message.Message):
    __slots__ = ["max_only", "negative_margin", "negative_weight", "positive_margin", "positive_weight"]
    MAX_ONLY_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    max_only: bool
    negative_margin: float
    negative_weight: float
    positive_margin: float
    positive_weight: float
    def __init__(self, positive_margin: _Optional[float] = ..., negative_margin: _Optional[float] = ..., positive_weight: _Optional[float] = ..., negative_weight: _Optional[float] = ..., max_only: bool = ...) -> None: ...

class CTCDecoderParameter(_message.Message):
    __slots__ = ["blank_index", "ctc_merge_repeated", "max_candidates"]
    BLANK_INDEX_FIELD_NUMBER: _ClassVar[int]
    CTC_MERGE_REPEATED_FIELD_NUMBER: _ClassVar[int]
    MAX_CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    blank_index: int
    ctc_merge_repeated: bool
    max_candidates: int
    def __init__(self, blank_index: _Optional[int] = ..., ctc_merge_repeated: bool = ..., max_candidates: _Optional[int] = ...) -> None: ...

class CTCLossParameter(_message.Message):
    __slots__ = ["alphabet_size", "blank_index", "blank_label", "ctc_merge_repeated", "loss_calculation_t", "output_delay", "preprocess_collapse_repeated", "time_step"]
    ALPHABET_SIZE_FIELD_NUMBER: _ClassVar[int]
    BLANK_INDEX_FIELD_NUMBER: _ClassVar[int]
    BLANK_LABEL_FIELD_NUMBER: _ClassVar[int]
    CTC_MERGE_REPEATED_FIELD_NUMBER: _ClassVar[int]
    LOSS_CALCULATION_T_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_DELAY_FIELD_NUMBER: _ClassVar[int]
    PREPROCESS_COLLAPSE_REPEATED_FIELD_NUMBER: _ClassVar[int]
    TIME_STEP_FIELD_NUMBER: _ClassVar[int]
    alphabet_size: int
    blank_index: int
    blank_label: int
    ctc_merge_repeated: bool
    loss_calculation_t: int
    output_delay: int
    preprocess_collapse_repeated: bool
    time_step: int
    def __init__(self, alphabet_size: _Optional[int] = ..., time_step: _Optional[int] = ..., blank_label: _Optional[int] = ..., blank_index: _Optional[int] = ..., output_delay: _Optional[int] = ..., preprocess_collapse_repeated: bool = ..., ctc_merge_repeated: bool = ..., loss_calculation_t: _Optional[int] = ...) -> None: ...

class CTCParameter(_message.Message):
    __slots__ = ["already_softmax", "beam_width", "blank_index", "decode", "nct_axis"]
    class DecodeOpt(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALREADY_SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    BEAM_SEARCH: CTCParameter.DecodeOpt
    BEAM_WIDTH_FIELD_NUMBER: _ClassVar[int]
    BEST_PATH: CTCParameter.DecodeOpt
    BLANK_INDEX_FIELD_NUMBER: _ClassVar[int]
    DECODE_FIELD_NUMBER: _ClassVar[int]
    IN_PLACE: CTCParameter.DecodeOpt
    NCT_AXIS_FIELD_NUMBER: _ClassVar[int]
    already_softmax: bool
    beam_width: int
    blank_index: int
    decode: CTCParameter.DecodeOpt
    nct_axis: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, blank_index: _Optional[int] = ..., already_softmax: bool = ..., nct_axis: _Optional[_Iterable[int]] = ..., decode: _Optional[_Union[CTCParameter.DecodeOpt, str]] = ..., beam_width: _Optional[int] = ...) -> None: ...

class CenterLossParameter(_message.Message):
    __slots__ = ["axis", "center_filler", "distance_type", "num_output"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    CENTER_FILLER_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    axis: int
    center_filler: _common_pb2.FillerParameter
    distance_type: str
    num_output: int
    def __init__(self, num_output: _Optional[int] = ..., center_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., axis: _Optional[int] = ..., distance_type: _Optional[str] = ...) -> None: ...

class ChannelScaleParameter(_message.Message):
    __slots__ = ["do_backward_feature", "do_backward_scale", "do_forward", "global_scale", "init_global_scale", "max_global_scale", "min_global_scale"]
    DO_BACKWARD_FEATURE_FIELD_NUMBER: _ClassVar[int]
    DO_BACKWARD_SCALE_FIELD_NUMBER: _ClassVar[int]
    DO_FORWARD_FIELD_NUMBER: _ClassVar[int]
    GLOBAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    INIT_GLOBAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    MAX_GLOBAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    MIN_GLOBAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    do_backward_feature: bool
    do_backward_scale: bool
    do_forward: bool
    global_scale: bool
    init_global_scale: float
    max_global_scale: float
    min_global_scale: float
    def __init__(self, do_forward: bool = ..., do_backward_feature: bool = ..., do_backward_scale: bool = ..., global_scale: bool = ..., max_global_scale: _Optional[float] = ..., min_global_scale: _Optional[float] = ..., init_global_scale: _Optional[float] = ...) -> None: ...

class ConfidencePenaltyLossParameter(_message.Message):
    __slots__ = ["beta"]
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class ContinuationIndicatorParameter(_message.Message):
    __slots__ = ["axis", "batch_size", "flag", "time_step"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    TIME_STEP_FIELD_NUMBER: _ClassVar[int]
    axis: int
    batch_size: int
    flag: bool
    time_step: int
    def __init__(self, time_step: _Optional[int] = ..., batch_size: _Optional[int] = ..., axis: _Optional[int] = ..., flag: bool = ...) -> None: ...

class CosineSimilarityParameter(_message.Message):
    __slots__ = ["axis", "eps", "mean"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    axis: int
    eps: float
    mean: bool
    def __init__(self, eps: _Optional[float] = ..., mean: bool = ..., axis: _Optional[int] = ...) -> None: ...

class FlipParameter(_message.Message):
    __slots__ = ["flip_height", "flip_width"]
    FLIP_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FLIP_WIDTH_FIELD_NUMBER: _ClassVar[int]
    flip_height: bool
    flip_width: bool
    def __init__(self, flip_width: bool = ..., flip_height: bool = ...) -> None: ...

class FocalLossParameter(_message.Message):
    __slots__ = ["alpha", "beta", "gamma", "type"]
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    LINEAR: FocalLossParameter.Type
    ONEADDP: FocalLossParameter.Type
    ORIGIN: FocalLossParameter.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    beta: float
    gamma: float
    type: FocalLossParameter.Type
    def __init__(self, type: _Optional[_Union[FocalLossParameter.Type, str]] = ..., gamma: _Optional[float] = ..., alpha: _Optional[float] = ..., beta: _Optional[float] = ...) -> None: ...

class GeneralContrastiveParameter(_message.Message):
    __slots__ = ["add_intra_mae", "exp_negative_weight", "max_negative_margin", "max_negative_only", "max_positive_only", "negative_margin", "negative_weight", "normalize_negative", "positive_first", "positive_margin", "positive_outlier_thresh", "positive_upper_bound", "positive_weight", "square"]
    ADD_INTRA_MAE_FIELD_NUMBER: _ClassVar[int]
    EXP_NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MAX_NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    MAX_NEGATIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_NEGATIVE_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FIRST_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_OUTLIER_THRESH_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SQUARE_FIELD_NUMBER: _ClassVar[int]
    add_intra_mae: bool
    exp_negative_weight: bool
    max_negative_margin: float
    max_negative_only: bool
    max_positive_only: bool
    negative_margin: float
    negative_weight: float
    normalize_negative: float
    positive_first: bool
    positive_margin: float
    positive_outlier_thresh: float
    positive_upper_bound: float
    positive_weight: float
    square: bool
    def __init__(self, positive_margin: _Optional[float] = ..., negative_margin: _Optional[float] = ..., positive_weight: _Optional[float] = ..., negative_weight: _Optional[float] = ..., normalize_negative: _Optional[float] = ..., positive_outlier_thresh: _Optional[float] = ..., square: bool = ..., max_negative_only: bool = ..., max_positive_only: bool = ..., positive_first: bool = ..., positive_upper_bound: _Optional[float] = ..., exp_negative_weight: bool = ..., add_intra_mae: bool = ..., max_negative_margin: _Optional[float] = ...) -> None: ...

class GeneralTripletParameter(_message.Message):
    __slots__ = ["add_center_loss", "hardest_only", "margin", "negative_weight", "positive_first", "positive_upper_bound", "positive_weight"]
    ADD_CENTER_LOSS_FIELD_NUMBER: _ClassVar[int]
    HARDEST_ONLY_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_FIRST_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    add_center_loss: bool
    hardest_only: bool
    margin: float
    negative_weight: float
    positive_first: bool
    positive_upper_bound: float
    positive_weight: float
    def __init__(self, margin: _Optional[float] = ..., add_center_loss: bool = ..., hardest_only: bool = ..., positive_first: bool = ..., positive_upper_bound: _Optional[float] = ..., positive_weight: _Optional[float] = ..., negative_weight: _Optional[float] = ...) -> None: ...

class InnerDistanceParameter(_message.Message):
    __slots__ = ["axis", "bias_filler", "bias_term", "distance_type", "normalize", "num_output", "transpose", "update_center_only", "weight_filler"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_CENTER_ONLY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    distance_type: str
    normalize: bool
    num_output: int
    transpose: bool
    update_center_only: bool
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., bias_term: bool = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., axis: _Optional[int] = ..., transpose: bool = ..., distance_type: _Optional[str] = ..., normalize: bool = ..., update_center_only: bool = ...) -> None: ...

class LabelSpecificAddParameter(_message.Message):
    __slots__ = ["bias", "bias_base", "bias_gamma", "bias_max", "bias_min", "bias_power", "iteration", "transform_test"]
    BIAS_BASE_FIELD_NUMBER: _ClassVar[int]
    BIAS_FIELD_NUMBER: _ClassVar[int]
    BIAS_GAMMA_FIELD_NUMBER: _ClassVar[int]
    BIAS_MAX_FIELD_NUMBER: _ClassVar[int]
    BIAS_MIN_FIELD_NUMBER: _ClassVar[int]
    BIAS_POWER_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_TEST_FIELD_NUMBER: _ClassVar[int]
    bias: float
    bias_base: float
    bias_gamma: float
    bias_max: float
    bias_min: float
    bias_power: float
    iteration: int
    transform_test: bool
    def __init__(self, bias: _Optional[float] = ..., transform_test: bool = ..., bias_base: _Optional[float] = ..., bias_gamma: _Optional[float] = ..., bias_power: _Optional[float] = ..., bias_min: _Optional[float] = ..., bias_max: _Optional[float] = ..., iteration: _Optional[int] = ...) -> None: ...

class LabelsequenceAccuracyParameter(_message.Message):
    __slots__ = ["blank_label"]
    BLANK_LABEL_FIELD_NUMBER: _ClassVar[int]
    blank_label: int
    def __init__(self, blank_label: _Optional[int] = ...) -> None: ...

class LargeMarginInnerProductParameter(_message.Message):
    __slots__ = ["axis", "base", "gamma", "iteration", "lambda_min", "num_output", "power", "type", "weight_filler"]
    class LargeMarginType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE: LargeMarginInnerProductParameter.LargeMarginType
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_MIN_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    QUADRUPLE: LargeMarginInnerProductParameter.LargeMarginType
    SINGLE: LargeMarginInnerProductParameter.LargeMarginType
    TRIPLE: LargeMarginInnerProductParameter.LargeMarginType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    base: float
    gamma: float
    iteration: int
    lambda_min: float
    num_output: int
    power: float
    type: LargeMarginInnerProductParameter.LargeMarginType
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., type: _Optional[_Union[LargeMarginInnerProductParameter.LargeMarginType, str]] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., axis: _Optional[int] = ..., base: _Optional[float] = ..., gamma: _Optional[float] = ..., power: _Optional[float] = ..., iteration: _Optional[int] = ..., lambda_min: _Optional[float] = ...) -> None: ...

class MarginInnerProductParameter(_message.Message):
    __slots__ = ["axis", "base", "gamma", "iteration", "lambda_min", "num_output", "power", "type", "weight_filler"]
    class MarginType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    DOUBLE: MarginInnerProductParameter.MarginType
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    ITERATION_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_MIN_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    QUADRUPLE: MarginInnerProductParameter.MarginType
    SINGLE: MarginInnerProductParameter.MarginType
    TRIPLE: MarginInnerProductParameter.MarginType
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    base: float
    gamma: float
    iteration: int
    lambda_min: float
    num_output: int
    power: float
    type: MarginInnerProductParameter.MarginType
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., type: _Optional[_Union[MarginInnerProductParameter.MarginType, str]] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., axis: _Optional[int] = ..., base: _Optional[float] = ..., gamma: _Optional[float] = ..., power: _Optional[float] = ..., iteration: _Optional[int] = ..., lambda_min: _Optional[float] = ...) -> None: ...

class NCAParameter(_message.Message):
    __slots__ = ["min_negative_only"]
    MIN_NEGATIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    min_negative_only: bool
    def __init__(self, min_negative_only: bool = ...) -> None: ...

class NormalizedInnerProductParameter(_message.Message):
    __slots__ = ["normalize"]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    normalize: bool
    def __init__(self, normalize: bool = ...) -> None: ...

class PairwiseParameter(_message.Message):
    __slots__ = ["coeff", "operation"]
    class PairwiseOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    COEFF_FIELD_NUMBER: _ClassVar[int]
    MAX: PairwiseParameter.PairwiseOp
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    PROD: PairwiseParameter.PairwiseOp
    SUM: PairwiseParameter.PairwiseOp
    coeff: _containers.RepeatedScalarFieldContainer[float]
    operation: PairwiseParameter.PairwiseOp
    def __init__(self, operation: _Optional[_Union[PairwiseParameter.PairwiseOp, str]] = ..., coeff: _Optional[_Iterable[float]] = ...) -> None: ...

class ResizeLayerParameter(_message.Message):
    __slots__ = ["height", "is_pyramid_test", "out_height_scale", "out_width_scale", "width"]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    IS_PYRAMID_TEST_FIELD_NUMBER: _ClassVar[int]
    OUT_HEIGHT_SCALE_FIELD_NUMBER: _ClassVar[int]
    OUT_WIDTH_SCALE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    height: int
    is_pyramid_test: bool
    out_height_scale: float
    out_width_scale: float
    width: int
    def __init__(self, height: _Optional[int] = ..., width: _Optional[int] = ..., is_pyramid_test: bool = ..., out_height_scale: _Optional[float] = ..., out_width_scale: _Optional[float] = ...) -> None: ...

class SoftContrastiveParameter(_message.Message):
    __slots__ = ["exponent_scale", "negative_margin", "negative_weight", "positive_margin", "positive_weight", "square"]
    EXPONENT_SCALE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SQUARE_FIELD_NUMBER: _ClassVar[int]
    exponent_scale: float
    negative_margin: float
    negative_weight: float
    positive_margin: float
    positive_weight: float
    square: bool
    def __init__(self, positive_margin: _Optional[float] = ..., negative_margin: _Optional[float] = ..., positive_weight: _Optional[float] = ..., negative_weight: _Optional[float] = ..., exponent_scale: _Optional[float] = ..., square: bool = ...) -> None: ...

class SoftTruncationParameter(_message.Message):
    __slots__ = ["c"]
    C_FIELD_NUMBER: _ClassVar[int]
    c: float
    def __init__(self, c: _Optional[float] = ...) -> None: ...

class SubRegionParameter(_message.Message):
    __slots__ = ["as_dim", "data_height", "data_width", "region_height", "region_width"]
    AS_DIM_FIELD_NUMBER: _ClassVar[int]
    DATA_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DATA_WIDTH_FIELD_NUMBER: _ClassVar[int]
    REGION_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    REGION_WIDTH_FIELD_NUMBER: _ClassVar[int]
    as_dim: int
    data_height: int
    data_width: int
    region_height: int
    region_width: int
    def __init__(self, region_height: _Optional[int] = ..., region_width: _Optional[int] = ..., data_height: _Optional[int] = ..., data_width: _Optional[int] = ..., as_dim: _Optional[int] = ...) -> None: ...

class TripletLossParameter(_message.Message):
    __slots__ = ["margin"]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    margin: float
    def __init__(self, margin: _Optional[float] = ...) -> None: ...

class TruncationParameter(_message.Message):
    __slots__ = ["lower_bound", "upper_bound"]
    LOWER_BOUND_FIELD_NUMBER: _ClassVar[int]
    UPPER_BOUND_FIELD_NUMBER: _ClassVar[int]
    lower_bound: float
    upper_bound: float
    def __init__(self, lower_bound: _Optional[float] = ..., upper_bound: _Optional[float] = ...) -> None: ...

class VideoDataParameter(_message.Message):
    __slots__ = ["batch_size", "crop_size", "device_id", "is_color", "max_sampling_rate", "mean_file", "mirror", "modality", "name_pattern", "new_height", "new_length", "new_width", "num_of_labels", "num_segments", "rand_skip", "root_folder", "sampling_rate", "scale", "show_data", "shuffle", "skip_frames", "source", "use_image", "use_multiple_label", "use_sampling_rate_jitter", "use_temporal_jitter", "video_file", "video_type"]
    class Modality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class VideoType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    FLOW: VideoDataParameter.Modality
    IS_COLOR_FIELD_NUMBER: _ClassVar[int]
    MAX_SAMPLING_RATE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    MODALITY_FIELD_NUMBER: _ClassVar[int]
    NAME_PATTERN_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_LENGTH_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    NUM_OF_LABELS_FIELD_NUMBER: _ClassVar[int]
    NUM_SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    RGB: VideoDataParameter.Modality
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_RATE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHOW_DATA_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SKIP_FRAMES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    USE_IMAGE_FIELD_NUMBER: _ClassVar[int]
    USE_MULTIPLE_LABEL_FIELD_NUMBER: _ClassVar[int]
    USE_SAMPLING_RATE_JITTER_FIELD_NUMBER: _ClassVar[int]
    USE_TEMPORAL_JITTER_FIELD_NUMBER: _ClassVar[int]
    VIDEO: VideoDataParameter.VideoType
    VIDEO_FILE_FIELD_NUMBER: _ClassVar[int]
    VIDEO_TYPE_FIELD_NUMBER: _ClassVar[int]
    WEBCAM: VideoDataParameter.VideoType
    batch_size: int
    crop_size: int
    device_id: int
    is_color: bool
    max_sampling_rate: int
    mean_file: str
    mirror: bool
    modality: VideoDataParameter.Modality
    name_pattern: str
    new_height: int
    new_length: int
    new_width: int
    num_of_labels: int
    num_segments: int
    rand_skip: int
    root_folder: str
    sampling_rate: int
    scale: float
    show_data: bool
    shuffle: bool
    skip_frames: int
    source: str
    use_image: bool
    use_multiple_label: bool
    use_sampling_rate_jitter: bool
    use_temporal_jitter: bool
    video_file: str
    video_type: VideoDataParameter.VideoType
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., new_length: _Optional[int] = ..., new_height: _Optional[int] = ..., new_width: _Optional[int] = ..., shuffle: bool = ..., rand_skip: _Optional[int] = ..., root_folder: _Optional[str] = ..., is_color: bool = ..., num_segments: _Optional[int] = ..., modality: _Optional[_Union[VideoDataParameter.Modality, str]] = ..., name_pattern: _Optional[str] = ..., use_image: bool = ..., sampling_rate: _Optional[int] = ..., use_temporal_jitter: bool = ..., use_sampling_rate_jitter: bool = ..., max_sampling_rate: _Optional[int] = ..., use_multiple_label: bool = ..., num_of_labels: _Optional[int] = ..., show_data: bool = ..., scale: _Optional[float] = ..., mean_file: _Optional[str] = ..., crop_size: _Optional[int] = ..., mirror: bool = ..., video_type: _Optional[_Union[VideoDataParameter.VideoType, str]] = ..., device_id: _Optional[int] = ..., video_file: _Optional[str] = ..., skip_frames: _Optional[int] = ...) -> None: ...
