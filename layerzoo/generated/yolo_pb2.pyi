from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AssistedExcitationParameter(_message.Message):
    __slots__ = ["all_images", "passes"]
    ALL_IMAGES_FIELD_NUMBER: _ClassVar[int]
    PASSES_FIELD_NUMBER: _ClassVar[int]
    all_images: bool
    passes: int
    def __init__(self, passes: _Optional[int] = ..., all_images: bool = ...) -> None: ...

class EvalDetectionParameter(_message.Message):
    __slots__ = ["biases", "constriant", "nms", "num_class", "num_object", "score_type", "side", "sqrt", "threshold"]
    class ScoreType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BIASES_FIELD_NUMBER: _ClassVar[int]
    CONSTRIANT_FIELD_NUMBER: _ClassVar[int]
    MULTIPLY: EvalDetectionParameter.ScoreType
    NMS_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    NUM_OBJECT_FIELD_NUMBER: _ClassVar[int]
    OBJ: EvalDetectionParameter.ScoreType
    PROB: EvalDetectionParameter.ScoreType
    SCORE_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    SQRT_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    biases: _containers.RepeatedScalarFieldContainer[float]
    constriant: bool
    nms: float
    num_class: int
    num_object: int
    score_type: EvalDetectionParameter.ScoreType
    side: int
    sqrt: bool
    threshold: float
    def __init__(self, side: _Optional[int] = ..., num_class: _Optional[int] = ..., num_object: _Optional[int] = ..., threshold: _Optional[float] = ..., sqrt: bool = ..., constriant: bool = ..., score_type: _Optional[_Union[EvalDetectionParameter.ScoreType, str]] = ..., nms: _Optional[float] = ..., biases: _Optional[_Iterable[float]] = ...) -> None: ...

class RegionLossParameter(_message.Message):
    __slots__ = ["absolute", "batch", "bias_match", "biases", "class_map", "class_scale", "coord_scale", "coords", "jitter", "noobject_scale", "num", "num_class", "num_classes", "object_scale", "random", "rescore", "side", "softmax", "softmax_tree", "thresh", "threshold"]
    ABSOLUTE_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    BIAS_MATCH_FIELD_NUMBER: _ClassVar[int]
    CLASS_MAP_FIELD_NUMBER: _ClassVar[int]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    COORDS_FIELD_NUMBER: _ClassVar[int]
    COORD_SCALE_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    NOOBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    RANDOM_FIELD_NUMBER: _ClassVar[int]
    RESCORE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_TREE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    absolute: int
    batch: int
    bias_match: int
    biases: _containers.RepeatedScalarFieldContainer[float]
    class_map: str
    class_scale: float
    coord_scale: float
    coords: int
    jitter: float
    noobject_scale: float
    num: int
    num_class: int
    num_classes: int
    object_scale: float
    random: int
    rescore: int
    side: int
    softmax: int
    softmax_tree: str
    thresh: float
    threshold: float
    def __init__(self, side: _Optional[int] = ..., num_class: _Optional[int] = ..., bias_match: _Optional[int] = ..., coords: _Optional[int] = ..., num: _Optional[int] = ..., softmax: _Optional[int] = ..., jitter: _Optional[float] = ..., rescore: _Optional[int] = ..., object_scale: _Optional[float] = ..., class_scale: _Optional[float] = ..., noobject_scale: _Optional[float] = ..., coord_scale: _Optional[float] = ..., absolute: _Optional[int] = ..., thresh: _Optional[float] = ..., random: _Optional[int] = ..., biases: _Optional[_Iterable[float]] = ..., softmax_tree: _Optional[str] = ..., class_map: _Optional[str] = ..., num_classes: _Optional[int] = ..., threshold: _Optional[float] = ..., batch: _Optional[int] = ...) -> None: ...

class RegionParameter(_message.Message):
    __slots__ = ["anchors", "biases", "boxes_of_each_grid", "class_scale", "classes", "coord_scale", "coords", "jitter", "noobject_scale", "num", "num_classes", "object_scale", "side", "softmax", "thresh"]
    ANCHORS_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    BOXES_OF_EACH_GRID_FIELD_NUMBER: _ClassVar[int]
    CLASSES_FIELD_NUMBER: _ClassVar[int]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    COORDS_FIELD_NUMBER: _ClassVar[int]
    COORD_SCALE_FIELD_NUMBER: _ClassVar[int]
    JITTER_FIELD_NUMBER: _ClassVar[int]
    NOOBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    anchors: str
    biases: _containers.RepeatedScalarFieldContainer[float]
    boxes_of_each_grid: int
    class_scale: float
    classes: int
    coord_scale: float
    coords: int
    jitter: float
    noobject_scale: float
    num: int
    num_classes: int
    object_scale: float
    side: int
    softmax: bool
    thresh: float
    def __init__(self, classes: _Optional[int] = ..., coords: _Optional[int] = ..., boxes_of_each_grid: _Optional[int] = ..., softmax: bool = ..., num: _Optional[int] = ..., anchors: _Optional[str] = ..., num_classes: _Optional[int] = ..., side: _Optional[int] = ..., biases: _Optional[_Iterable[float]] = ..., jitter: _Optional[float] = ..., object_scale: _Optional[float] = ..., class_scale: _Optional[float] = ..., noobject_scale: _Optional[float] = ..., coord_scale: _Optional[float] = ..., thresh: _Optional[float] = ...) -> None: ...

class ReorgParameter(_message.Message):
    __slots__ = ["reverse", "stride"]
    REVERSE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    reverse: bool
    stride: int
    def __init__(self, stride: _Optional[int] = ..., reverse: bool = ...) -> None: ...

class SegmentationEvaluateParameter(_message.Message):
    __slots__ = ["num_classes", "threshold"]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    num_classes: int
    threshold: float
    def __init__(self, num_classes: _Optional[int] = ..., threshold: _Optional[float] = ...) -> None: ...

class YoloDetectionOutputParameter(_message.Message):
    __slots__ = ["biases", "confidence_threshold", "coords", "label_map_file", "nms_threshold", "num_box", "num_classes", "side"]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    COORDS_FIELD_NUMBER: _ClassVar[int]
    LABEL_MAP_FILE_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NUM_BOX_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    biases: _containers.RepeatedScalarFieldContainer[float]
    confidence_threshold: float
    coords: int
    label_map_file: str
    nms_threshold: float
    num_box: int
    num_classes: int
    side: int
    def __init__(self, side: _Optional[int] = ..., num_classes: _Optional[int] = ..., num_box: _Optional[int] = ..., coords: _Optional[int] = ..., confidence_threshold: _Optional[float] = ..., nms_threshold: _Optional[float] = ..., biases: _Optional[_Iterable[float]] = ..., label_map_file: _Optional[str] = ...) -> None: ...

class YoloSegParameter(_message.Message):
    __slots__ = ["class_scale", "num_class", "object_scale", "use_hardsigmoid", "use_logic_gradient"]
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    USE_HARDSIGMOID_FIELD_NUMBER: _ClassVar[int]
    USE_LOGIC_GRADIENT_FIELD_NUMBER: _ClassVar[int]
    class_scale: float
    num_class: int
    object_scale: float
    use_hardsigmoid: bool
    use_logic_gradient: bool
    def __init__(self, num_class: _Optional[int] = ..., object_scale: _Optional[float] = ..., class_scale: _Optional[float] = ..., use_logic_gradient: bool = ..., use_hardsigmoid: bool = ...) -> None: ...

class Yolov3DetectionOutputParameter(_message.Message):
    __slots__ = ["anchors_scale", "biases", "confidence_threshold", "gaussian_box", "mask", "mask_group_num", "nms_threshold", "num_box", "num_classes"]
    ANCHORS_SCALE_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN_BOX_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    MASK_GROUP_NUM_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    NUM_BOX_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    anchors_scale: _containers.RepeatedScalarFieldContainer[int]
    biases: _containers.RepeatedScalarFieldContainer[float]
    confidence_threshold: float
    gaussian_box: bool
    mask: _containers.RepeatedScalarFieldContainer[int]
    mask_group_num: int
    nms_threshold: float
    num_box: int
    num_classes: int
    def __init__(self, num_classes: _Optional[int] = ..., num_box: _Optional[int] = ..., confidence_threshold: _Optional[float] = ..., nms_threshold: _Optional[float] = ..., biases: _Optional[_Iterable[float]] = ..., anchors_scale: _Optional[_Iterable[int]] = ..., mask_group_num: _Optional[int] = ..., mask: _Optional[_Iterable[int]] = ..., gaussian_box: bool = ...) -> None: ...

class Yolov3Parameter(_message.Message):
    __slots__ = ["accumulate", "anchors_scale", "biases", "class_scale", "coord_scale", "iou_loss", "iou_normalizer", "iou_thresh", "label_smooth_eps", "mask", "max_delta", "noobject_scale", "num", "num_class", "object_scale", "side", "thresh", "use_focal_loss", "use_logic_gradient"]
    class IouLoss(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACCUMULATE_FIELD_NUMBER: _ClassVar[int]
    ANCHORS_SCALE_FIELD_NUMBER: _ClassVar[int]
    BIASES_FIELD_NUMBER: _ClassVar[int]
    CIOU: Yolov3Parameter.IouLoss
    CLASS_SCALE_FIELD_NUMBER: _ClassVar[int]
    COORD_SCALE_FIELD_NUMBER: _ClassVar[int]
    DIOU: Yolov3Parameter.IouLoss
    GIOU: Yolov3Parameter.IouLoss
    IOU: Yolov3Parameter.IouLoss
    IOU_LOSS_FIELD_NUMBER: _ClassVar[int]
    IOU_NORMALIZER_FIELD_NUMBER: _ClassVar[int]
    IOU_THRESH_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTH_EPS_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    MAX_DELTA_FIELD_NUMBER: _ClassVar[int]
    MSE: Yolov3Parameter.IouLoss
    NOOBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASS_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    OBJECT_SCALE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    THRESH_FIELD_NUMBER: _ClassVar[int]
    USE_FOCAL_LOSS_FIELD_NUMBER: _ClassVar[int]
    USE_LOGIC_GRADIENT_FIELD_NUMBER: _ClassVar[int]
    accumulate: bool
    anchors_scale: int
    biases: _containers.RepeatedScalarFieldContainer[float]
    class_scale: float
    coord_scale: float
    iou_loss: Yolov3Parameter.IouLoss
    iou_normalizer: float
    iou_thresh: float
    label_smooth_eps: float
    mask: _containers.RepeatedScalarFieldContainer[int]
    max_delta: float
    noobject_scale: float
    num: int
    num_class: int
    object_scale: float
    side: int
    thresh: float
    use_focal_loss: bool
    use_logic_gradient: bool
    def __init__(self, side: _Optional[int] = ..., num_class: _Optional[int] = ..., num: _Optional[int] = ..., object_scale: _Optional[float] = ..., class_scale: _Optional[float] = ..., noobject_scale: _Optional[float] = ..., coord_scale: _Optional[float] = ..., thresh: _Optional[float] = ..., anchors_scale: _Optional[int] = ..., biases: _Optional[_Iterable[float]] = ..., mask: _Optional[_Iterable[int]] = ..., use_logic_gradient: bool = ..., use_focal_loss: bool = ..., iou_loss: _Optional[_Union[Yolov3Parameter.IouLoss, str]] = ..., iou_normalizer: _Optional[float] = ..., iou_thresh: _Optional[float] = ..., max_delta: _Optional[float] = ..., accumulate: bool = ..., label_smooth_eps: _Optional[float] = ...) -> None: ...
