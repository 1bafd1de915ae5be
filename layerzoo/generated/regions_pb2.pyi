from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AnchorTargetParameter(_message.Message):
    __slots__ = ["allowed_border", "base_size", "batch_size", "clobber_positives", "feat_stride", "fg_fraction", "negative_overlap", "positive_overlap", "positive_weight", "ratio", "scale"]
    ALLOWED_BORDER_FIELD_NUMBER: _ClassVar[int]
    BASE_SIZE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLOBBER_POSITIVES_FIELD_NUMBER: _ClassVar[int]
    FEAT_STRIDE_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    POSITIVE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    allowed_border: float
    base_size: int
    batch_size: int
    clobber_positives: bool
    feat_stride: int
    fg_fraction: float
    negative_overlap: float
    positive_overlap: float
    positive_weight: float
    ratio: _containers.RepeatedScalarFieldContainer[float]
    scale: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, feat_stride: _Optional[int] = ..., base_size: _Optional[int] = ..., ratio: _Optional[_Iterable[float]] = ..., scale: _Optional[_Iterable[float]] = ..., allowed_border: _Optional[float] = ..., batch_size: _Optional[int] = ..., fg_fraction: _Optional[float] = ..., positive_overlap: _Optional[float] = ..., negative_overlap: _Optional[float] = ..., clobber_positives: bool = ..., positive_weight: _Optional[float] = ...) -> None: ...

class BBoxRegParameter(_message.Message):
    __slots__ = ["bbox_mean", "bbox_std", "cls_aware"]
    BBOX_MEAN_FIELD_NUMBER: _ClassVar[int]
    BBOX_STD_FIELD_NUMBER: _ClassVar[int]
    CLS_AWARE_FIELD_NUMBER: _ClassVar[int]
    bbox_mean: _containers.RepeatedScalarFieldContainer[float]
    bbox_std: _containers.RepeatedScalarFieldContainer[float]
    cls_aware: bool
    def __init__(self, bbox_mean: _Optional[_Iterable[float]] = ..., bbox_std: _Optional[_Iterable[float]] = ..., cls_aware: bool = ...) -> None: ...

class BoxAnnotatorOHEMParameter(_message.Message):
    __slots__ = ["ignore_label", "roi_per_img"]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    ROI_PER_IMG_FIELD_NUMBER: _ClassVar[int]
    ignore_label: int
    roi_per_img: int
    def __init__(self, roi_per_img: _Optional[int] = ..., ignore_label: _Optional[int] = ...) -> None: ...

class BoxGroupOutputParameter(_message.Message):
    __slots__ = ["box_group_param", "fg_thr", "field_whr", "field_xyr", "iou_thr", "max_nms_num", "max_post_nms_num", "min_size", "nms_type"]
    BOX_GROUP_PARAM_FIELD_NUMBER: _ClassVar[int]
    FG_THR_FIELD_NUMBER: _ClassVar[int]
    FIELD_WHR_FIELD_NUMBER: _ClassVar[int]
    FIELD_XYR_FIELD_NUMBER: _ClassVar[int]
    IOU_THR_FIELD_NUMBER: _ClassVar[int]
    MAX_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MAX_POST_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    NMS_TYPE_FIELD_NUMBER: _ClassVar[int]
    box_group_param: _containers.RepeatedCompositeFieldContainer[BoxGroupParameter]
    fg_thr: float
    field_whr: float
    field_xyr: float
    iou_thr: float
    max_nms_num: int
    max_post_nms_num: int
    min_size: float
    nms_type: str
    def __init__(self, fg_thr: _Optional[float] = ..., iou_thr: _Optional[float] = ..., nms_type: _Optional[str] = ..., box_group_param: _Optional[_Iterable[_Union[BoxGroupParameter, _Mapping]]] = ..., field_whr: _Optional[float] = ..., field_xyr: _Optional[float] = ..., max_nms_num: _Optional[int] = ..., max_post_nms_num: _Optional[int] = ..., min_size: _Optional[float] = ...) -> None: ...

class BoxGroupParameter(_message.Message):
    __slots__ = ["field_h", "field_w", "stride"]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    field_h: _containers.RepeatedScalarFieldContainer[float]
    field_w: _containers.RepeatedScalarFieldContainer[float]
    stride: float
    def __init__(self, field_h: _Optional[_Iterable[float]] = ..., field_w: _Optional[_Iterable[float]] = ..., stride: _Optional[float] = ...) -> None: ...

class BoxOutputParameter(_message.Message):
    __slots__ = ["downsample_rate", "fg_thr", "field_h", "field_w", "field_whr", "field_xyr", "iou_thr", "max_nms_num", "max_post_nms_num", "min_size", "nms_type"]
    DOWNSAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    FG_THR_FIELD_NUMBER: _ClassVar[int]
    FIELD_H_FIELD_NUMBER: _ClassVar[int]
    FIELD_WHR_FIELD_NUMBER: _ClassVar[int]
    FIELD_W_FIELD_NUMBER: _ClassVar[int]
    FIELD_XYR_FIELD_NUMBER: _ClassVar[int]
    IOU_THR_FIELD_NUMBER: _ClassVar[int]
    MAX_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MAX_POST_NMS_NUM_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    NMS_TYPE_FIELD_NUMBER: _ClassVar[int]
    downsample_rate: _containers.RepeatedScalarFieldContainer[int]
    fg_thr: float
    field_h: _containers.RepeatedScalarFieldContainer[int]
    field_w: _containers.RepeatedScalarFieldContainer[int]
    field_whr: float
    field_xyr: float
    iou_thr: float
    max_nms_num: int
    max_post_nms_num: int
    min_size: float
    nms_type: str
    def __init__(self, fg_thr: _Optional[float] = ..., iou_thr: _Optional[float] = ..., nms_type: _Optional[str] = ..., field_h: _Optional[_Iterable[int]] = ..., field_w: _Optional[_Iterable[int]] = ..., downsample_rate: _Optional[_Iterable[int]] = ..., field_whr: _Optional[float] = ..., field_xyr: _Optional[float] = ..., max_nms_num: _Optional[int] = ..., max_post_nms_num: _Optional[int] = ..., min_size: _Optional[float] = ...) -> None: ...

class DecodeBBoxParameter(_message.Message):
    __slots__ = ["gt_iou_thr"]
    GT_IOU_THR_FIELD_NUMBER: _ClassVar[int]
    gt_iou_thr: float
    def __init__(self, gt_iou_thr: _Optional[float] = ...) -> None: ...

class PSROIPoolingParameter(_message.Message):
    __slots__ = ["group_size", "output_dim", "spatial_scale"]
    GROUP_SIZE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    group_size: int
    output_dim: int
    spatial_scale: float
    def __init__(self, spatial_scale: _Optional[float] = ..., output_dim: _Optional[int] = ..., group_size: _Optional[int] = ...) -> None: ...

class ProposalParameter(_message.Message):
    __slots__ = ["base_size", "feat_stride", "min_size", "nms_thresh", "post_nms_topn", "pre_nms_topn", "ratio", "scale", "scale_unit"]
    class ScaleUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BASE: ProposalParameter.ScaleUnit
    BASE_SIZE_FIELD_NUMBER: _ClassVar[int]
    BY_BOTTOM: ProposalParameter.ScaleUnit
    FEAT_STRIDE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    NMS_THRESH_FIELD_NUMBER: _ClassVar[int]
    PIXEL: ProposalParameter.ScaleUnit
    POST_NMS_TOPN_FIELD_NUMBER: _ClassVar[int]
    PRE_NMS_TOPN_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SCALE_UNIT_FIELD_NUMBER: _ClassVar[int]
    base_size: int
    feat_stride: int
    min_size: int
    nms_thresh: float
    post_nms_topn: int
    pre_nms_topn: int
    ratio: _containers.RepeatedScalarFieldContainer[float]
    scale: _containers.RepeatedScalarFieldContainer[float]
    scale_unit: ProposalParameter.ScaleUnit
    def __init__(self, feat_stride: _Optional[int] = ..., base_size: _Optional[int] = ..., min_size: _Optional[int] = ..., ratio: _Optional[_Iterable[float]] = ..., scale: _Optional[_Iterable[float]] = ..., pre_nms_topn: _Optional[int] = ..., post_nms_topn: _Optional[int] = ..., nms_thresh: _Optional[float] = ..., scale_unit: _Optional[_Union[ProposalParameter.ScaleUnit, str]] = ...) -> None: ...

class ProposalTargetParameter(_message.Message):
    __slots__ = ["batch_size", "bbox_mean", "bbox_std", "bg_thresh_hi", "bg_thresh_lo", "fg_fraction", "fg_thresh", "num_classes"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BBOX_MEAN_FIELD_NUMBER: _ClassVar[int]
    BBOX_STD_FIELD_NUMBER: _ClassVar[int]
    BG_THRESH_HI_FIELD_NUMBER: _ClassVar[int]
    BG_THRESH_LO_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    FG_THRESH_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    bbox_mean: _containers.RepeatedScalarFieldContainer[float]
    bbox_std: _containers.RepeatedScalarFieldContainer[float]
    bg_thresh_hi: float
    bg_thresh_lo: float
    fg_fraction: float
    fg_thresh: float
    num_classes: int
    def __init__(self, num_classes: _Optional[int] = ..., batch_size: _Optional[int] = ..., fg_fraction: _Optional[float] = ..., fg_thresh: _Optional[float] = ..., bg_thresh_hi: _Optional[float] = ..., bg_thresh_lo: _Optional[float] = ..., bbox_mean: _Optional[_Iterable[float]] = ..., bbox_std: _Optional[_Iterable[float]] = ...) -> None: ...

class ROIAlignParameter(_message.Message):
    __slots__ = ["pooled_h", "pooled_w", "sampling_ratio", "spatial_scale"]
    POOLED_H_FIELD_NUMBER: _ClassVar[int]
    POOLED_W_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_RATIO_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    pooled_h: int
    pooled_w: int
    sampling_ratio: int
    spatial_scale: float
    def __init__(self, pooled_h: _Optional[int] = ..., pooled_w: _Optional[int] = ..., spatial_scale: _Optional[float] = ..., sampling_ratio: _Optional[int] = ...) -> None: ...

class ROIDataParameter(_message.Message):
    __slots__ = ["batch_size", "bg_thresh_hi", "bg_thresh_lo", "fg_fraction", "fg_thresh", "images", "long_side", "mean_value", "mirror", "num_classes", "prefetch", "root_folder", "short_side", "source", "synthetic"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BG_THRESH_HI_FIELD_NUMBER: _ClassVar[int]
    BG_THRESH_LO_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    FG_THRESH_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    LONG_SIDE_FIELD_NUMBER: _ClassVar[int]
    MEAN_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    NUM_CLASSES_FIELD_NUMBER: _ClassVar[int]
    PREFETCH_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SHORT_SIDE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SYNTHETIC_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    bg_thresh_hi: float
    bg_thresh_lo: float
    fg_fraction: float
    fg_thresh: float
    images: int
    long_side: int
    mean_value: _containers.RepeatedScalarFieldContainer[float]
    mirror: bool
    num_classes: int
    prefetch: int
    root_folder: str
    short_side: int
    source: str
    synthetic: bool
    def __init__(self, source: _Optional[str] = ..., root_folder: _Optional[str] = ..., num_classes: _Optional[int] = ..., images: _Optional[int] = ..., short_side: _Optional[int] = ..., long_side: _Optional[int] = ..., mean_value: _Optional[_Iterable[float]] = ..., mirror: bool = ..., batch_size: _Optional[int] = ..., fg_fraction: _Optional[float] = ..., fg_thresh: _Optional[float] = ..., bg_thresh_hi: _Optional[float] = ..., bg_thresh_lo: _Optional[float] = ..., synthetic: bool = ..., prefetch: _Optional[int] = ...) -> None: ...

class ROIPoolingParameter(_message.Message):
    __slots__ = ["pad_ratio", "pooled_h", "pooled_size", "pooled_w", "spatial_scale"]
    PAD_RATIO_FIELD_NUMBER: _ClassVar[int]
    POOLED_H_FIELD_NUMBER: _ClassVar[int]
    POOLED_SIZE_FIELD_NUMBER: _ClassVar[int]
    POOLED_W_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_SCALE_FIELD_NUMBER: _ClassVar[int]
    pad_ratio: float
    pooled_h: int
    pooled_size: _containers.RepeatedScalarFieldContainer[int]
    pooled_w: int
    spatial_scale: float
    def __init__(self, pooled_h: _Optional[int] = ..., pooled_w: _Optional[int] = ..., spatial_scale: _Optional[float] = ..., pooled_size: _Optional[_Iterable[int]] = ..., pad_ratio: _Optional[float] = ...) -> None: ...

class SmoothL1LossParameter(_message.Message):
    __slots__ = ["sigma"]
    SIGMA_FIELD_NUMBER: _ClassVar[int]
    sigma: float
    def __init__(self, sigma: _Optional[float] = ...) -> None: ...
