from layerzoo.generated import common_pb2 as _common_pb2
from layerzoo.generated import transform_pb2 as _transform_pb2
from layerzoo.generated import annotation_pb2 as _annotation_pb2
from layerzoo.generated import detection_pb2 as _detection_pb2
from layerzoo.generated import regions_pb2 as _regions_pb2
from layerzoo.generated import yolo_pb2 as _yolo_pb2
from layerzoo.generated import backbone_pb2 as _backbone_pb2
from layerzoo.generated import segmentation_pb2 as _segmentation_pb2
from layerzoo.generated import flow_pb2 as _flow_pb2
from layerzoo.generated import embedding_pb2 as _embedding_pb2
from layerzoo.generated import sequence_pb2 as _sequence_pb2
from layerzoo.generated import solver_types_pb2 as _solver_types_pb2
from layerzoo.generated import sources_pb2 as _sources_pb2
from layerzoo.generated import reading_pb2 as _reading_pb2
from layerzoo.generated import engine_pb2 as _engine_pb2
from layerzoo.generated import generative_pb2 as _generative_pb2
from layerzoo.generated import tensor_pb2 as _tensor_pb2
from layerzoo.generated import update_pb2 as _update_pb2
from layerzoo.generated import distributed_pb2 as _distributed_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf.internal import python_message as _python_message
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

from layerzoo.generated.common_pb2 import BlobShape
from layerzoo.generated.common_pb2 import BlobProto
from layerzoo.generated.common_pb2 import BlobProtoVector
from layerzoo.generated.common_pb2 import Datum
from layerzoo.generated.common_pb2 import FillerParameter
from layerzoo.generated.common_pb2 import Phase
from layerzoo.generated.common_pb2 import FillerDistribution
from layerzoo.generated.transform_pb2 import TransformationParameter
from layerzoo.generated.transform_pb2 import RandomCropParameter
from layerzoo.generated.transform_pb2 import WarpParameter
from layerzoo.generated.transform_pb2 import GeometryParameter
from layerzoo.generated.transform_pb2 import ColorJitterParameter
from layerzoo.generated.transform_pb2 import BlurParameter
from layerzoo.generated.transform_pb2 import GaussianNoiseParameter
from layerzoo.generated.transform_pb2 import JPEGParameter
from layerzoo.generated.transform_pb2 import CutoutParameter
from layerzoo.generated.transform_pb2 import RandAugmentParameter
from layerzoo.generated.transform_pb2 import MixParameter
from layerzoo.generated.transform_pb2 import ResizeParameter
from layerzoo.generated.transform_pb2 import NoiseParameter
from layerzoo.generated.transform_pb2 import SaltPepperParameter
from layerzoo.generated.transform_pb2 import DistortionParameter
from layerzoo.generated.transform_pb2 import ExpansionParameter
from layerzoo.generated.transform_pb2 import EmitConstraint
from layerzoo.generated.annotation_pb2 import AnnotatedDatum
from layerzoo.generated.annotation_pb2 import AnnotationGroup
from layerzoo.generated.annotation_pb2 import Annotation
from layerzoo.generated.annotation_pb2 import NormalizedBBox
from layerzoo.generated.annotation_pb2 import LabelMap
from layerzoo.generated.annotation_pb2 import LabelMapItem
from layerzoo.generated.annotation_pb2 import DetectionEvaluateParameter
from layerzoo.generated.annotation_pb2 import AnnotatedDataParameter
from layerzoo.generated.annotation_pb2 import BatchSampler
from layerzoo.generated.annotation_pb2 import Sampler
from layerzoo.generated.annotation_pb2 import SampleConstraint
from layerzoo.generated.detection_pb2 import PermuteParameter
from layerzoo.generated.detection_pb2 import NormParameter
from layerzoo.generated.detection_pb2 import NormalizeParameter
from layerzoo.generated.detection_pb2 import PriorBoxParameter
from layerzoo.generated.detection_pb2 import NonMaximumSuppressionParameter
from layerzoo.generated.detection_pb2 import SaveOutputParameter
from layerzoo.generated.detection_pb2 import DetectionOutputParameter
from layerzoo.generated.detection_pb2 import MultiBoxLossParameter
from layerzoo.generated.regions_pb2 import ROIPoolingParameter
from layerzoo.generated.regions_pb2 import PSROIPoolingParameter
from layerzoo.generated.regions_pb2 import ROIAlignParameter
from layerzoo.generated.regions_pb2 import SmoothL1LossParameter
from layerzoo.generated.regions_pb2 import BoxAnnotatorOHEMParameter
from layerzoo.generated.regions_pb2 import ProposalParameter
from layerzoo.generated.regions_pb2 import BBoxRegParameter
from layerzoo.generated.regions_pb2 import BoxOutputParameter
from layerzoo.generated.regions_pb2 import DecodeBBoxParameter
from layerzoo.generated.regions_pb2 import BoxGroupParameter
from layerzoo.generated.regions_pb2 import BoxGroupOutputParameter
from layerzoo.generated.regions_pb2 import AnchorTargetParameter
from layerzoo.generated.regions_pb2 import ProposalTargetParameter
from layerzoo.generated.regions_pb2 import ROIDataParameter
from layerzoo.generated.yolo_pb2 import ReorgParameter
from layerzoo.generated.yolo_pb2 import RegionLossParameter
from layerzoo.generated.yolo_pb2 import RegionParameter
from layerzoo.generated.yolo_pb2 import Yolov3Parameter
from layerzoo.generated.yolo_pb2 import YoloSegParameter
from layerzoo.generated.yolo_pb2 import YoloDetectionOutputParameter
from layerzoo.generated.yolo_pb2 import Yolov3DetectionOutputParameter
from layerzoo.generated.yolo_pb2 import EvalDetectionParameter
from layerzoo.generated.yolo_pb2 import AssistedExcitationParameter
from layerzoo.generated.yolo_pb2 import SegmentationEvaluateParameter
from layerzoo.generated.backbone_pb2 import BNParameter
from layerzoo.generated.backbone_pb2 import ReLU6Parameter
from layerzoo.generated.backbone_pb2 import ShuffleChannelParameter
from layerzoo.generated.backbone_pb2 import ReverseParameter
from layerzoo.generated.backbone_pb2 import SELUParameter
from layerzoo.generated.backbone_pb2 import RReLUParameter
from layerzoo.generated.backbone_pb2 import InsanityParameter
from layerzoo.generated.backbone_pb2 import GroupNormParameter
from layerzoo.generated.backbone_pb2 import LocalParameter
from layerzoo.generated.backbone_pb2 import EltwiseAffineParameter
from layerzoo.generated.backbone_pb2 import SpatialDropoutParameter
from layerzoo.generated.backbone_pb2 import SeLuDropoutParameter
from layerzoo.generated.segmentation_pb2 import DenseImageDataParameter
from layerzoo.generated.segmentation_pb2 import SegAccuracyParameter
from layerzoo.generated.segmentation_pb2 import MeanIOUParameter
from layerzoo.generated.segmentation_pb2 import InterpParameter
from layerzoo.generated.segmentation_pb2 import UpsampleParameter
from layerzoo.generated.segmentation_pb2 import UniqueLabelParameter
from layerzoo.generated.segmentation_pb2 import BiasChannelParameter
from layerzoo.generated.segmentation_pb2 import AdaptiveBiasChannelParameter
from layerzoo.generated.segmentation_pb2 import DomainTransformParameter
from layerzoo.generated.segmentation_pb2 import LabelType
from layerzoo.generated.flow_pb2 import AccumParameter
from layerzoo.generated.flow_pb2 import CorrelationParameter
from layerzoo.generated.flow_pb2 import DownsampleParameter
from layerzoo.generated.flow_pb2 import FlowWarpParameter
from layerzoo.generated.flow_pb2 import L1LossParameter
from layerzoo.generated.flow_pb2 import LpqLossParameter
from layerzoo.generated.flow_pb2 import ResampleParameter
from layerzoo.generated.flow_pb2 import RandomGeneratorParameter
from layerzoo.generated.flow_pb2 import CoeffScheduleParameter
from layerzoo.generated.flow_pb2 import AugmentationParameter
from layerzoo.generated.embedding_pb2 import CenterLossParameter
from layerzoo.generated.embedding_pb2 import FocalLossParameter
from layerzoo.generated.embedding_pb2 import TripletLossParameter
from layerzoo.generated.embedding_pb2 import GeneralContrastiveParameter
from layerzoo.generated.embedding_pb2 import SoftContrastiveParameter
from layerzoo.generated.embedding_pb2 import BatchContrastiveParameter
from layerzoo.generated.embedding_pb2 import GeneralTripletParameter
from layerzoo.generated.embedding_pb2 import NCAParameter
from layerzoo.generated.embedding_pb2 import ConfidencePenaltyLossParameter
from layerzoo.generated.embedding_pb2 import InnerDistanceParameter
from layerzoo.generated.embedding_pb2 import MarginInnerProductParameter
from layerzoo.generated.embedding_pb2 import LargeMarginInnerProductParameter
from layerzoo.generated.embedding_pb2 import NormalizedInnerProductParameter
from layerzoo.generated.embedding_pb2 import CosineSimilarityParameter
from layerzoo.generated.embedding_pb2 import LabelSpecificAddParameter
from layerzoo.generated.embedding_pb2 import ChannelScaleParameter
from layerzoo.generated.embedding_pb2 import PairwiseParameter
from layerzoo.generated.embedding_pb2 import TruncationParameter
from layerzoo.generated.embedding_pb2 import SoftTruncationParameter
from layerzoo.generated.embedding_pb2 import FlipParameter
from layerzoo.generated.embedding_pb2 import ResizeLayerParameter
from layerzoo.generated.embedding_pb2 import SubRegionParameter
from layerzoo.generated.embedding_pb2 import CTCLossParameter
from layerzoo.generated.embedding_pb2 import CTCParameter
from layerzoo.generated.embedding_pb2 import CTCDecoderParameter
from layerzoo.generated.embedding_pb2 import ContinuationIndicatorParameter
from layerzoo.generated.embedding_pb2 import LabelsequenceAccuracyParameter
from layerzoo.generated.embedding_pb2 import VideoDataParameter
from layerzoo.generated.sequence_pb2 import LayerNormParameter
from layerzoo.generated.sequence_pb2 import RMSNormParameter
from layerzoo.generated.sequence_pb2 import InstanceNormParameter
from layerzoo.generated.sequence_pb2 import RotaryParameter
from layerzoo.generated.sequence_pb2 import AttentionParameter
from layerzoo.generated.sequence_pb2 import PositionParameter
from layerzoo.generated.sequence_pb2 import SequenceMaskParameter
from layerzoo.generated.sequence_pb2 import RecurrentDirection
from layerzoo.generated.sequence_pb2 import RecurrentReset
from layerzoo.generated.solver_types_pb2 import NewtonParameter
from layerzoo.generated.solver_types_pb2 import NewtonCGParameter
from layerzoo.generated.solver_types_pb2 import GaussNewtonParameter
from layerzoo.generated.solver_types_pb2 import BFGSParameter
from layerzoo.generated.solver_types_pb2 import AnnealingParameter
from layerzoo.generated.solver_types_pb2 import MuonParameter
from layerzoo.generated.solver_types_pb2 import AdafactorParameter
from layerzoo.generated.solver_types_pb2 import ScheduleFreeParameter
from layerzoo.generated.sources_pb2 import FolderDataParameter
from layerzoo.generated.sources_pb2 import ColumnParameter
from layerzoo.generated.sources_pb2 import CSVDataParameter
from layerzoo.generated.sources_pb2 import TextDataParameter
from layerzoo.generated.sources_pb2 import VocabularyParameter
from layerzoo.generated.sources_pb2 import COCODataParameter
from layerzoo.generated.sources_pb2 import VOCDataParameter
from layerzoo.generated.sources_pb2 import MaskDataParameter
from layerzoo.generated.sources_pb2 import SequenceDataParameter
from layerzoo.generated.sources_pb2 import AudioDataParameter
from layerzoo.generated.sources_pb2 import WebDatasetParameter
from layerzoo.generated.sources_pb2 import HuggingFaceDataParameter
from layerzoo.generated.sources_pb2 import DrawnDataParameter
from layerzoo.generated.sources_pb2 import BoxLayout
from layerzoo.generated.reading_pb2 import ReadingParameter
from layerzoo.generated.engine_pb2 import EngineParameter
from layerzoo.generated.generative_pb2 import SampleParameter
from layerzoo.generated.generative_pb2 import GradientScaleParameter
from layerzoo.generated.generative_pb2 import KLDivLossParameter
from layerzoo.generated.generative_pb2 import GaussianKLLossParameter
from layerzoo.generated.generative_pb2 import PolicyGradientLossParameter
from layerzoo.generated.generative_pb2 import SpatialTransformerParameter
from layerzoo.generated.generative_pb2 import SpectralNormParameter
from layerzoo.generated.tensor_pb2 import MatMulParameter
from layerzoo.generated.tensor_pb2 import GatherParameter
from layerzoo.generated.tensor_pb2 import CompareParameter
from layerzoo.generated.tensor_pb2 import PadParameter
from layerzoo.generated.tensor_pb2 import UnpoolingParameter
from layerzoo.generated.tensor_pb2 import GELUParameter
from layerzoo.generated.tensor_pb2 import SoftplusParameter
from layerzoo.generated.update_pb2 import UpdateParameter
from layerzoo.generated.distributed_pb2 import GradientCompression
from layerzoo.generated.distributed_pb2 import PowerSGDParameter
from layerzoo.generated.distributed_pb2 import ParamSharding
from layerzoo.generated.distributed_pb2 import ShardingParameter
from layerzoo.generated.distributed_pb2 import DistributedParameter
AFTER: _sequence_pb2.RecurrentReset
BACKWARD: _sequence_pb2.RecurrentDirection
BEFORE: _sequence_pb2.RecurrentReset
BF16: Precision
BIDIRECTIONAL: _sequence_pb2.RecurrentDirection
DESCRIPTOR: _descriptor.FileDescriptor
FORWARD: _sequence_pb2.RecurrentDirection
FP16: Precision
FP32: Precision
FP64: Precision
IMAGE: _segmentation_pb2.LabelType
NONE: _segmentation_pb2.LabelType
NORMAL: _common_pb2.FillerDistribution
PIXEL: _segmentation_pb2.LabelType
ROI_BOXES: _sources_pb2.BoxLayout
SSD_BOXES: _sources_pb2.BoxLayout
TEST: _common_pb2.Phase
TF32: Precision
TRAIN: _common_pb2.Phase
UNIFORM: _common_pb2.FillerDistribution
YOLO_BOXES: _sources_pb2.BoxLayout

class AccuracyParameter(_message.Message):
    __slots__ = ["axis", "ignore_label", "min_is_better", "segnet_classes", "top_k"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    MIN_IS_BETTER_FIELD_NUMBER: _ClassVar[int]
    SEGNET_CLASSES_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    axis: int
    ignore_label: int
    min_is_better: bool
    segnet_classes: bool
    top_k: int
    def __init__(self, top_k: _Optional[int] = ..., axis: _Optional[int] = ..., ignore_label: _Optional[int] = ..., min_is_better: bool = ..., segnet_classes: bool = ...) -> None: ...

class ArgMaxParameter(_message.Message):
    __slots__ = ["axis", "out_max_val", "top_k"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    OUT_MAX_VAL_FIELD_NUMBER: _ClassVar[int]
    TOP_K_FIELD_NUMBER: _ClassVar[int]
    axis: int
    out_max_val: bool
    top_k: int
    def __init__(self, out_max_val: bool = ..., top_k: _Optional[int] = ..., axis: _Optional[int] = ...) -> None: ...

class BatchNormParameter(_message.Message):
    __slots__ = ["bias_filler", "disable_mean", "disable_variance", "eps", "frozen", "momentum", "moving_average_fraction", "scale_bias", "scale_filler", "update_global_stats", "use_global_stats"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    DISABLE_MEAN_FIELD_NUMBER: _ClassVar[int]
    DISABLE_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    MOVING_AVERAGE_FRACTION_FIELD_NUMBER: _ClassVar[int]
    SCALE_BIAS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FILLER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_GLOBAL_STATS_FIELD_NUMBER: _ClassVar[int]
    USE_GLOBAL_STATS_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    disable_mean: bool
    disable_variance: bool
    eps: float
    frozen: bool
    momentum: float
    moving_average_fraction: float
    scale_bias: bool
    scale_filler: _common_pb2.FillerParameter
    update_global_stats: bool
    use_global_stats: bool
    def __init__(self, use_global_stats: bool = ..., moving_average_fraction: _Optional[float] = ..., eps: _Optional[float] = ..., scale_bias: bool = ..., scale_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., momentum: _Optional[float] = ..., frozen: bool = ..., disable_mean: bool = ..., disable_variance: bool = ..., update_global_stats: bool = ...) -> None: ...

class BiasParameter(_message.Message):
    __slots__ = ["axis", "filler", "num_axes"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    axis: int
    filler: _common_pb2.FillerParameter
    num_axes: int
    def __init__(self, axis: _Optional[int] = ..., num_axes: _Optional[int] = ..., filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class CarriedBlob(_message.Message):
    __slots__ = ["blob", "input"]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    blob: str
    input: str
    def __init__(self, blob: _Optional[str] = ..., input: _Optional[str] = ...) -> None: ...

class ClipParameter(_message.Message):
    __slots__ = ["max", "min"]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    max: float
    min: float
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class ConcatParameter(_message.Message):
    __slots__ = ["axis", "concat_dim"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    CONCAT_DIM_FIELD_NUMBER: _ClassVar[int]
    axis: int
    concat_dim: int
    def __init__(self, axis: _Optional[int] = ..., concat_dim: _Optional[int] = ...) -> None: ...

class ContrastiveLossParameter(_message.Message):
    __slots__ = ["legacy_version", "margin"]
    LEGACY_VERSION_FIELD_NUMBER: _ClassVar[int]
    MARGIN_FIELD_NUMBER: _ClassVar[int]
    legacy_version: bool
    margin: float
    def __init__(self, margin: _Optional[float] = ..., legacy_version: bool = ...) -> None: ...

class ConvolutionParameter(_message.Message):
    __slots__ = ["axis", "bias_filler", "bias_term", "causal", "dilation", "engine", "force_nd_im2col", "group", "kernel_h", "kernel_size", "kernel_w", "num_output", "pad", "pad_b", "pad_begin", "pad_end", "pad_h", "pad_l", "pad_r", "pad_t", "pad_w", "stride", "stride_h", "stride_w", "weight_filler"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    CAFFE: ConvolutionParameter.Engine
    CAUSAL_FIELD_NUMBER: _ClassVar[int]
    CUDNN: ConvolutionParameter.Engine
    DEFAULT: ConvolutionParameter.Engine
    DILATION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    FORCE_ND_IM2COL_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PAD_BEGIN_FIELD_NUMBER: _ClassVar[int]
    PAD_B_FIELD_NUMBER: _ClassVar[int]
    PAD_END_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_L_FIELD_NUMBER: _ClassVar[int]
    PAD_R_FIELD_NUMBER: _ClassVar[int]
    PAD_T_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    causal: bool
    dilation: _containers.RepeatedScalarFieldContainer[int]
    engine: ConvolutionParameter.Engine
    force_nd_im2col: bool
    group: int
    kernel_h: int
    kernel_size: _containers.RepeatedScalarFieldContainer[int]
    kernel_w: int
    num_output: int
    pad: _containers.RepeatedScalarFieldContainer[int]
    pad_b: int
    pad_begin: _containers.RepeatedScalarFieldContainer[int]
    pad_end: _containers.RepeatedScalarFieldContainer[int]
    pad_h: int
    pad_l: int
    pad_r: int
    pad_t: int
    pad_w: int
    stride: _containers.RepeatedScalarFieldContainer[int]
    stride_h: int
    stride_w: int
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., bias_term: bool = ..., pad: _Optional[_Iterable[int]] = ..., kernel_size: _Optional[_Iterable[int]] = ..., stride: _Optional[_Iterable[int]] = ..., dilation: _Optional[_Iterable[int]] = ..., pad_h: _Optional[int] = ..., pad_w: _Optional[int] = ..., kernel_h: _Optional[int] = ..., kernel_w: _Optional[int] = ..., stride_h: _Optional[int] = ..., stride_w: _Optional[int] = ..., group: _Optional[int] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., engine: _Optional[_Union[ConvolutionParameter.Engine, str]] = ..., axis: _Optional[int] = ..., force_nd_im2col: bool = ..., pad_l: _Optional[int] = ..., pad_r: _Optional[int] = ..., pad_t: _Optional[int] = ..., pad_b: _Optional[int] = ..., pad_begin: _Optional[_Iterable[int]] = ..., pad_end: _Optional[_Iterable[int]] = ..., causal: bool = ...) -> None: ...

class CosineParameter(_message.Message):
    __slots__ = ["min_lr", "period", "period_mult"]
    MIN_LR_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    PERIOD_MULT_FIELD_NUMBER: _ClassVar[int]
    min_lr: float
    period: int
    period_mult: float
    def __init__(self, period: _Optional[int] = ..., period_mult: _Optional[float] = ..., min_lr: _Optional[float] = ...) -> None: ...

class CropParameter(_message.Message):
    __slots__ = ["axis", "offset"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    axis: int
    offset: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, axis: _Optional[int] = ..., offset: _Optional[_Iterable[int]] = ...) -> None: ...

class DataParameter(_message.Message):
    __slots__ = ["backend", "batch_size", "crop_size", "force_encoded_color", "mean_file", "mirror", "prefetch", "rand_skip", "scale", "source"]
    class DB(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BACKEND_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    FORCE_ENCODED_COLOR_FIELD_NUMBER: _ClassVar[int]
    LEVELDB: DataParameter.DB
    LMDB: DataParameter.DB
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    PREFETCH_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    backend: DataParameter.DB
    batch_size: int
    crop_size: int
    force_encoded_color: bool
    mean_file: str
    mirror: bool
    prefetch: int
    rand_skip: int
    scale: float
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., rand_skip: _Optional[int] = ..., backend: _Optional[_Union[DataParameter.DB, str]] = ..., scale: _Optional[float] = ..., mean_file: _Optional[str] = ..., crop_size: _Optional[int] = ..., mirror: bool = ..., force_encoded_color: bool = ..., prefetch: _Optional[int] = ...) -> None: ...

class DatasetParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "class_of", "name", "prefetch", "shuffle", "size", "split", "target"]
    class Target(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS: DatasetParameter.Target
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    CLASS_OF_FIELD_NUMBER: _ClassVar[int]
    MASK: DatasetParameter.Target
    NAME_FIELD_NUMBER: _ClassVar[int]
    PREFETCH_FIELD_NUMBER: _ClassVar[int]
    ROI_BOXES: DatasetParameter.Target
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    SSD_BOXES: DatasetParameter.Target
    TARGET_FIELD_NUMBER: _ClassVar[int]
    YOLO_BOXES: DatasetParameter.Target
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    class_of: _containers.RepeatedScalarFieldContainer[int]
    name: str
    prefetch: int
    shuffle: bool
    size: int
    split: str
    target: DatasetParameter.Target
    def __init__(self, name: _Optional[str] = ..., split: _Optional[str] = ..., batch_size: _Optional[int] = ..., size: _Optional[int] = ..., shuffle: bool = ..., prefetch: _Optional[int] = ..., target: _Optional[_Union[DatasetParameter.Target, str]] = ..., class_of: _Optional[_Iterable[int]] = ..., class_name: _Optional[_Iterable[str]] = ...) -> None: ...

class DropoutParameter(_message.Message):
    __slots__ = ["axis", "dropout_ratio", "sample_weights_test", "scale_train", "sqrt_scale"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_WEIGHTS_TEST_FIELD_NUMBER: _ClassVar[int]
    SCALE_TRAIN_FIELD_NUMBER: _ClassVar[int]
    SQRT_SCALE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    dropout_ratio: float
    sample_weights_test: bool
    scale_train: bool
    sqrt_scale: bool
    def __init__(self, dropout_ratio: _Optional[float] = ..., scale_train: bool = ..., sample_weights_test: bool = ..., sqrt_scale: bool = ..., axis: _Optional[int] = ...) -> None: ...

class DummyDataParameter(_message.Message):
    __slots__ = ["channels", "data_filler", "height", "num", "shape", "width"]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    DATA_FILLER_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NUM_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedScalarFieldContainer[int]
    data_filler: _containers.RepeatedCompositeFieldContainer[_common_pb2.FillerParameter]
    height: _containers.RepeatedScalarFieldContainer[int]
    num: _containers.RepeatedScalarFieldContainer[int]
    shape: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobShape]
    width: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, data_filler: _Optional[_Iterable[_Union[_common_pb2.FillerParameter, _Mapping]]] = ..., shape: _Optional[_Iterable[_Union[_common_pb2.BlobShape, _Mapping]]] = ..., num: _Optional[_Iterable[int]] = ..., channels: _Optional[_Iterable[int]] = ..., height: _Optional[_Iterable[int]] = ..., width: _Optional[_Iterable[int]] = ...) -> None: ...

class ELUParameter(_message.Message):
    __slots__ = ["alpha"]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    LAMBDA_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    def __init__(self, alpha: _Optional[float] = ..., **kwargs) -> None: ...

class EMAParameter(_message.Message):
    __slots__ = ["decay", "interval", "publish", "ramp", "start_iter", "test"]
    DECAY_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    RAMP_FIELD_NUMBER: _ClassVar[int]
    START_ITER_FIELD_NUMBER: _ClassVar[int]
    TEST_FIELD_NUMBER: _ClassVar[int]
    decay: float
    interval: int
    publish: bool
    ramp: bool
    start_iter: int
    test: bool
    def __init__(self, decay: _Optional[float] = ..., ramp: bool = ..., start_iter: _Optional[int] = ..., interval: _Optional[int] = ..., test: bool = ..., publish: bool = ...) -> None: ...

class EarlyStoppingParameter(_message.Message):
    __slots__ = ["min_delta", "min_iter", "patience"]
    MIN_DELTA_FIELD_NUMBER: _ClassVar[int]
    MIN_ITER_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    min_delta: float
    min_iter: int
    patience: int
    def __init__(self, patience: _Optional[int] = ..., min_delta: _Optional[float] = ..., min_iter: _Optional[int] = ...) -> None: ...

class EltwiseParameter(_message.Message):
    __slots__ = ["broadcast", "coeff", "coeff_blob", "operation", "stable_prod_grad"]
    class EltwiseOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BROADCAST_FIELD_NUMBER: _ClassVar[int]
    COEFF_BLOB_FIELD_NUMBER: _ClassVar[int]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    DIV: EltwiseParameter.EltwiseOp
    MAX: EltwiseParameter.EltwiseOp
    MIN: EltwiseParameter.EltwiseOp
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    PROD: EltwiseParameter.EltwiseOp
    SORT: EltwiseParameter.EltwiseOp
    STABLE_PROD_GRAD_FIELD_NUMBER: _ClassVar[int]
    SUM: EltwiseParameter.EltwiseOp
    broadcast: bool
    coeff: _containers.RepeatedScalarFieldContainer[float]
    coeff_blob: bool
    operation: EltwiseParameter.EltwiseOp
    stable_prod_grad: bool
    def __init__(self, operation: _Optional[_Union[EltwiseParameter.EltwiseOp, str]] = ..., coeff: _Optional[_Iterable[float]] = ..., stable_prod_grad: bool = ..., coeff_blob: bool = ..., broadcast: bool = ...) -> None: ...

class EmbedParameter(_message.Message):
    __slots__ = ["bias_filler", "bias_term", "input_dim", "num_output", "weight_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    input_dim: int
    num_output: int
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., input_dim: _Optional[int] = ..., bias_term: bool = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class ExpParameter(_message.Message):
    __slots__ = ["base", "scale", "shift"]
    BASE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    base: float
    scale: float
    shift: float
    def __init__(self, base: _Optional[float] = ..., scale: _Optional[float] = ..., shift: _Optional[float] = ...) -> None: ...

class FlattenParameter(_message.Message):
    __slots__ = ["axis", "end_axis"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    END_AXIS_FIELD_NUMBER: _ClassVar[int]
    axis: int
    end_axis: int
    def __init__(self, axis: _Optional[int] = ..., end_axis: _Optional[int] = ...) -> None: ...

class GradientNoiseParameter(_message.Message):
    __slots__ = ["eta", "gamma"]
    ETA_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    eta: float
    gamma: float
    def __init__(self, eta: _Optional[float] = ..., gamma: _Optional[float] = ...) -> None: ...

class HDF5DataParameter(_message.Message):
    __slots__ = ["batch_size", "shuffle", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    shuffle: bool
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., shuffle: bool = ...) -> None: ...

class HDF5OutputParameter(_message.Message):
    __slots__ = ["file_name"]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    def __init__(self, file_name: _Optional[str] = ...) -> None: ...

class HingeLossParameter(_message.Message):
    __slots__ = ["norm"]
    class Norm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    L1: HingeLossParameter.Norm
    L2: HingeLossParameter.Norm
    NORM_FIELD_NUMBER: _ClassVar[int]
    norm: HingeLossParameter.Norm
    def __init__(self, norm: _Optional[_Union[HingeLossParameter.Norm, str]] = ...) -> None: ...

class ImageDataParameter(_message.Message):
    __slots__ = ["batch_size", "bicubic", "crop_size", "ignore_label", "is_color", "label_type", "mean_file", "mirror", "new_dim", "new_height", "new_width", "rand_skip", "root_folder", "scale", "shuffle", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BICUBIC_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    IS_COLOR_FIELD_NUMBER: _ClassVar[int]
    LABEL_TYPE_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    NEW_DIM_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    bicubic: bool
    crop_size: int
    ignore_label: int
    is_color: bool
    label_type: _segmentation_pb2.LabelType
    mean_file: str
    mirror: bool
    new_dim: int
    new_height: int
    new_width: int
    rand_skip: int
    root_folder: str
    scale: float
    shuffle: bool
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., rand_skip: _Optional[int] = ..., shuffle: bool = ..., new_height: _Optional[int] = ..., new_width: _Optional[int] = ..., is_color: bool = ..., scale: _Optional[float] = ..., mean_file: _Optional[str] = ..., crop_size: _Optional[int] = ..., mirror: bool = ..., root_folder: _Optional[str] = ..., label_type: _Optional[_Union[_segmentation_pb2.LabelType, str]] = ..., ignore_label: _Optional[int] = ..., new_dim: _Optional[int] = ..., bicubic: bool = ...) -> None: ...

class InfogainLossParameter(_message.Message):
    __slots__ = ["axis", "source"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    source: str
    def __init__(self, source: _Optional[str] = ..., axis: _Optional[int] = ...) -> None: ...

class InnerProductParameter(_message.Message):
    __slots__ = ["axis", "bias_filler", "bias_term", "normalize", "num_output", "transpose", "weight_filler"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TRANSPOSE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    axis: int
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    normalize: bool
    num_output: int
    transpose: bool
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., bias_term: bool = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., axis: _Optional[int] = ..., transpose: bool = ..., normalize: bool = ...) -> None: ...

class InputParameter(_message.Message):
    __slots__ = ["axes", "shape"]
    AXES_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    axes: _containers.RepeatedScalarFieldContainer[str]
    shape: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobShape]
    def __init__(self, shape: _Optional[_Iterable[_Union[_common_pb2.BlobShape, _Mapping]]] = ..., axes: _Optional[_Iterable[str]] = ...) -> None: ...

class KeepParameter(_message.Message):
    __slots__ = ["best", "best_weights", "every", "last"]
    BEST_FIELD_NUMBER: _ClassVar[int]
    BEST_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    best: int
    best_weights: bool
    every: int
    last: int
    def __init__(self, last: _Optional[int] = ..., every: _Optional[int] = ..., best: _Optional[int] = ..., best_weights: bool = ...) -> None: ...

class LARSParameter(_message.Message):
    __slots__ = ["trust_coefficient"]
    TRUST_COEFFICIENT_FIELD_NUMBER: _ClassVar[int]
    trust_coefficient: float
    def __init__(self, trust_coefficient: _Optional[float] = ...) -> None: ...

class LBFGSParameter(_message.Message):
    __slots__ = ["memory"]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    memory: int
    def __init__(self, memory: _Optional[int] = ...) -> None: ...

class LRNParameter(_message.Message):
    __slots__ = ["alpha", "beta", "engine", "k", "local_size", "norm_region"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class NormRegion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACROSS_CHANNELS: LRNParameter.NormRegion
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    CAFFE: LRNParameter.Engine
    CUDNN: LRNParameter.Engine
    DEFAULT: LRNParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    LOCAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    NORM_REGION_FIELD_NUMBER: _ClassVar[int]
    WITHIN_CHANNEL: LRNParameter.NormRegion
    alpha: float
    beta: float
    engine: LRNParameter.Engine
    k: float
    local_size: int
    norm_region: LRNParameter.NormRegion
    def __init__(self, local_size: _Optional[int] = ..., alpha: _Optional[float] = ..., beta: _Optional[float] = ..., norm_region: _Optional[_Union[LRNParameter.NormRegion, str]] = ..., k: _Optional[float] = ..., engine: _Optional[_Union[LRNParameter.Engine, str]] = ...) -> None: ...

class LayerParameter(_message.Message):
    __slots__ = ["accum_param", "accuracy_param", "adaptive_bias_channel_param", "all_params", "anchor_target_param", "annotated_data_param", "argmax_param", "assisted_excitation_param", "attention_param", "audio_data_param", "augmentation_param", "batch_contrastive_loss_param", "batch_norm_param", "bbox_reg_param", "bias_channel_param", "bias_param", "blobs", "bn_param", "bottom", "box_annotator_ohem_param", "box_group_output_param", "box_output_param", "by_shape", "center_loss_param", "channel_scale_param", "clip_param", "coco_data_param", "coeff_schedule_param", "compare_param", "concat_param", "confidence_penalty_loss_param", "continuation_indicator_param", "contrastive_loss_param", "convolution_param", "correlation_param", "cosine_similarity_param", "crop_param", "csv_data_param", "ctc_decoder_param", "ctc_loss_param", "ctc_param", "data_param", "dataset_param", "decode_bbox_param", "dense_image_data_param", "detection_evaluate_param", "detection_output_param", "domain_transform_param", "downsample_param", "drawn_data_param", "dropout_param", "dummy_data_param", "eltwise_affine_param", "eltwise_param", "elu_param", "embed_param", "eval_detection_param", "exclude", "exp_param", "flatten_param", "flip_param", "flow_warp_param", "focal_loss_param", "folder_data_param", "gather_param", "gaussian_kl_loss_param", "gelu_param", "general_contrastive_loss_param", "general_triplet_loss_param", "gradient_scale_param", "group_norm_param", "hdf5_data_param", "hdf5_output_param", "hinge_loss_param", "hugging_face_data_param", "image_data_param", "include", "infogain_loss_param", "inner_distance_param", "inner_product_param", "input_param", "insanity_param", "instance_norm_param", "interp_param", "kl_div_loss_param", "l1_loss_param", "label_specific_add_param", "labelsequence_accuracy_param", "largemargin_inner_product_param", "layer_norm_param", "local_param", "locally_connected_param", "log_param", "loss_param", "loss_weight", "lpq_loss_param", "lrn_param", "margin_inner_product_param", "mask_data_param", "matmul_param", "mean_iou_param", "memory_data_param", "multibox_loss_param", "mvn_param", "name", "nca_param", "norm_param", "normalize_param", "normalized_inner_product_param", "pad_param", "pairwise_param", "param", "parameter_param", "permute_param", "phase", "policy_gradient_loss_param", "pooling_param", "position_param", "power_param", "prelu_param", "prior_box_param", "propagate_down", "proposal_param", "proposal_target_param", "psroi_pooling_param", "python_param", "reading_param", "recurrent_param", "reduction_param", "region_loss_param", "region_param", "relu6_param", "relu_param", "reorg_param", "repeat", "resample_param", "reshape_param", "resize_param", "reverse_param", "rms_norm_param", "roi_align_param", "roi_data_param", "roi_pooling_param", "rrelu_param", "sample_param", "scale_param", "seg_accuracy_param", "segmentation_evaluate_param", "selu_dropout_param", "selu_param", "sequence_data_param", "sequence_mask_param", "shuffle_channel_param", "sigmoid_param", "slice_param", "smooth_l1_loss_param", "soft_contrastive_loss_param", "soft_truncation_param", "softmax_param", "softplus_param", "spatial_dropout_param", "spectral_norm_param", "spp_param", "st_param", "sub_region_param", "subnet_param", "swish_param", "tanh_param", "text_data_param", "threshold_param", "tile_param", "top", "transform_param", "triplet_loss_param", "truncation_param", "type", "unique_label_param", "unpooling_param", "upsample_param", "video_data_param", "voc_data_param", "web_dataset_param", "when", "window_data_param", "yolo_detection_output_param", "yolo_seg_param", "yolov3_detection_output_param", "yolov3_param"]
    ACCUM_PARAM_FIELD_NUMBER: _ClassVar[int]
    ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ADAPTIVE_BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    ALL_PARAMS_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_TARGET_PARAM_FIELD_NUMBER: _ClassVar[int]
    ANNOTATED_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ARGMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    ASSISTED_EXCITATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    ATTENTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    AUDIO_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    AUGMENTATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    BATCH_CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    BATCH_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    BBOX_REG_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIAS_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    BIAS_PARAM_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    BN_PARAM_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    BOX_ANNOTATOR_OHEM_PARAM_FIELD_NUMBER: _ClassVar[int]
    BOX_GROUP_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    BOX_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    BY_SHAPE_FIELD_NUMBER: _ClassVar[int]
    CENTER_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_SCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    CLIP_PARAM_FIELD_NUMBER: _ClassVar[int]
    COCO_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    COEFF_SCHEDULE_PARAM_FIELD_NUMBER: _ClassVar[int]
    COMPARE_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONCAT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_PENALTY_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTINUATION_INDICATOR_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    CORRELATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    COSINE_SIMILARITY_PARAM_FIELD_NUMBER: _ClassVar[int]
    CROP_PARAM_FIELD_NUMBER: _ClassVar[int]
    CSV_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    CTC_DECODER_PARAM_FIELD_NUMBER: _ClassVar[int]
    CTC_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CTC_PARAM_FIELD_NUMBER: _ClassVar[int]
    DATASET_PARAM_FIELD_NUMBER: _ClassVar[int]
    DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DECODE_BBOX_PARAM_FIELD_NUMBER: _ClassVar[int]
    DENSE_IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_EVALUATE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    DOWNSAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    DRAWN_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DUMMY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_AFFINE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMBED_PARAM_FIELD_NUMBER: _ClassVar[int]
    EVAL_DETECTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    EXP_PARAM_FIELD_NUMBER: _ClassVar[int]
    Extensions: _python_message._ExtensionDict
    FLATTEN_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLIP_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLOW_WARP_PARAM_FIELD_NUMBER: _ClassVar[int]
    FOCAL_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    FOLDER_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    GATHER_PARAM_FIELD_NUMBER: _ClassVar[int]
    GAUSSIAN_KL_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    GENERAL_CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GENERAL_TRIPLET_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    GRADIENT_SCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    GROUP_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    HINGE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    HUGGING_FACE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    INFOGAIN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_DISTANCE_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    INPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    INSANITY_PARAM_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    INTERP_PARAM_FIELD_NUMBER: _ClassVar[int]
    KL_DIV_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    L1_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LABELSEQUENCE_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    LABEL_SPECIFIC_ADD_PARAM_FIELD_NUMBER: _ClassVar[int]
    LARGEMARGIN_INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LAYER_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOCALLY_CONNECTED_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOCAL_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOG_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LPQ_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LRN_PARAM_FIELD_NUMBER: _ClassVar[int]
    MARGIN_INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    MASK_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MATMUL_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEAN_IOU_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEMORY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MULTIBOX_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    MVN_PARAM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NCA_PARAM_FIELD_NUMBER: _ClassVar[int]
    NORMALIZED_INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    PAD_PARAM_FIELD_NUMBER: _ClassVar[int]
    PAIRWISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    PARAMETER_PARAM_FIELD_NUMBER: _ClassVar[int]
    PARAM_FIELD_NUMBER: _ClassVar[int]
    PERMUTE_PARAM_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    POLICY_GRADIENT_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    POSITION_PARAM_FIELD_NUMBER: _ClassVar[int]
    POWER_PARAM_FIELD_NUMBER: _ClassVar[int]
    PRELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    PRIOR_BOX_PARAM_FIELD_NUMBER: _ClassVar[int]
    PROPAGATE_DOWN_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_PARAM_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TARGET_PARAM_FIELD_NUMBER: _ClassVar[int]
    PSROI_POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    PYTHON_PARAM_FIELD_NUMBER: _ClassVar[int]
    READING_PARAM_FIELD_NUMBER: _ClassVar[int]
    RECURRENT_PARAM_FIELD_NUMBER: _ClassVar[int]
    REDUCTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    REGION_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    REGION_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU6_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    REORG_PARAM_FIELD_NUMBER: _ClassVar[int]
    REPEAT_FIELD_NUMBER: _ClassVar[int]
    RESAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESHAPE_PARAM_FIELD_NUMBER: _ClassVar[int]
    RESIZE_PARAM_FIELD_NUMBER: _ClassVar[int]
    REVERSE_PARAM_FIELD_NUMBER: _ClassVar[int]
    RMS_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROI_ALIGN_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROI_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ROI_POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    RRELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEGMENTATION_EVALUATE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEG_ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELU_DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    SELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_MASK_PARAM_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_CHANNEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    SIGMOID_PARAM_FIELD_NUMBER: _ClassVar[int]
    SLICE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SMOOTH_L1_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTPLUS_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFT_CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFT_TRUNCATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPATIAL_DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPECTRAL_NORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPP_PARAM_FIELD_NUMBER: _ClassVar[int]
    ST_PARAM_FIELD_NUMBER: _ClassVar[int]
    SUBNET_PARAM_FIELD_NUMBER: _ClassVar[int]
    SUB_REGION_PARAM_FIELD_NUMBER: _ClassVar[int]
    SWISH_PARAM_FIELD_NUMBER: _ClassVar[int]
    TANH_PARAM_FIELD_NUMBER: _ClassVar[int]
    TEXT_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_PARAM_FIELD_NUMBER: _ClassVar[int]
    TILE_PARAM_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRIPLET_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRUNCATION_PARAM_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_LABEL_PARAM_FIELD_NUMBER: _ClassVar[int]
    UNPOOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    UPSAMPLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    VIDEO_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    VOC_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    WEB_DATASET_PARAM_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    WINDOW_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLOV3_DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLOV3_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLO_DETECTION_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    YOLO_SEG_PARAM_FIELD_NUMBER: _ClassVar[int]
    accum_param: _flow_pb2.AccumParameter
    accuracy_param: AccuracyParameter
    adaptive_bias_channel_param: _segmentation_pb2.AdaptiveBiasChannelParameter
    all_params: ParamSpec
    anchor_target_param: _regions_pb2.AnchorTargetParameter
    annotated_data_param: _annotation_pb2.AnnotatedDataParameter
    argmax_param: ArgMaxParameter
    assisted_excitation_param: _yolo_pb2.AssistedExcitationParameter
    attention_param: _sequence_pb2.AttentionParameter
    audio_data_param: _sources_pb2.AudioDataParameter
    augmentation_param: _flow_pb2.AugmentationParameter
    batch_contrastive_loss_param: _embedding_pb2.BatchContrastiveParameter
    batch_norm_param: BatchNormParameter
    bbox_reg_param: _regions_pb2.BBoxRegParameter
    bias_channel_param: _segmentation_pb2.BiasChannelParameter
    bias_param: BiasParameter
    blobs: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobProto]
    bn_param: _backbone_pb2.BNParameter
    bottom: _containers.RepeatedScalarFieldContainer[str]
    box_annotator_ohem_param: _regions_pb2.BoxAnnotatorOHEMParameter
    box_group_output_param: _regions_pb2.BoxGroupOutputParameter
    box_output_param: _regions_pb2.BoxOutputParameter
    by_shape: _containers.RepeatedCompositeFieldContainer[NumberByShape]
    center_loss_param: _embedding_pb2.CenterLossParameter
    channel_scale_param: _embedding_pb2.ChannelScaleParameter
    clip_param: ClipParameter
    coco_data_param: _sources_pb2.COCODataParameter
    coeff_schedule_param: _flow_pb2.CoeffScheduleParameter
    compare_param: _tensor_pb2.CompareParameter
    concat_param: ConcatParameter
    confidence_penalty_loss_param: _embedding_pb2.ConfidencePenaltyLossParameter
    continuation_indicator_param: _embedding_pb2.ContinuationIndicatorParameter
    contrastive_loss_param: ContrastiveLossParameter
    convolution_param: ConvolutionParameter
    correlation_param: _flow_pb2.CorrelationParameter
    cosine_similarity_param: _embedding_pb2.CosineSimilarityParameter
    crop_param: CropParameter
    csv_data_param: _sources_pb2.CSVDataParameter
    ctc_decoder_param: _embedding_pb2.CTCDecoderParameter
    ctc_loss_param: _embedding_pb2.CTCLossParameter
    ctc_param: _embedding_pb2.CTCParameter
    data_param: DataParameter
    dataset_param: DatasetParameter
    decode_bbox_param: _regions_pb2.DecodeBBoxParameter
    dense_image_data_param: _segmentation_pb2.DenseImageDataParameter
    detection_evaluate_param: _annotation_pb2.DetectionEvaluateParameter
    detection_output_param: _detection_pb2.DetectionOutputParameter
    domain_transform_param: _segmentation_pb2.DomainTransformParameter
    downsample_param: _flow_pb2.DownsampleParameter
    drawn_data_param: _sources_pb2.DrawnDataParameter
    dropout_param: DropoutParameter
    dummy_data_param: DummyDataParameter
    eltwise_affine_param: _backbone_pb2.EltwiseAffineParameter
    eltwise_param: EltwiseParameter
    elu_param: ELUParameter
    embed_param: EmbedParameter
    eval_detection_param: _yolo_pb2.EvalDetectionParameter
    exclude: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    exp_param: ExpParameter
    flatten_param: FlattenParameter
    flip_param: _embedding_pb2.FlipParameter
    flow_warp_param: _flow_pb2.FlowWarpParameter
    focal_loss_param: _embedding_pb2.FocalLossParameter
    folder_data_param: _sources_pb2.FolderDataParameter
    gather_param: _tensor_pb2.GatherParameter
    gaussian_kl_loss_param: _generative_pb2.GaussianKLLossParameter
    gelu_param: _tensor_pb2.GELUParameter
    general_contrastive_loss_param: _embedding_pb2.GeneralContrastiveParameter
    general_triplet_loss_param: _embedding_pb2.GeneralTripletParameter
    gradient_scale_param: _generative_pb2.GradientScaleParameter
    group_norm_param: _backbone_pb2.GroupNormParameter
    hdf5_data_param: HDF5DataParameter
    hdf5_output_param: HDF5OutputParameter
    hinge_loss_param: HingeLossParameter
    hugging_face_data_param: _sources_pb2.HuggingFaceDataParameter
    image_data_param: ImageDataParameter
    include: _containers.RepeatedCompositeFieldContainer[NetStateRule]
    infogain_loss_param: InfogainLossParameter
    inner_distance_param: _embedding_pb2.InnerDistanceParameter
    inner_product_param: InnerProductParameter
    input_param: InputParameter
    insanity_param: _backbone_pb2.InsanityParameter
    instance_norm_param: _sequence_pb2.InstanceNormParameter
    interp_param: _segmentation_pb2.InterpParameter
    kl_div_loss_param: _generative_pb2.KLDivLossParameter
    l1_loss_param: _flow_pb2.L1LossParameter
    label_specific_add_param: _embedding_pb2.LabelSpecificAddParameter
    labelsequence_accuracy_param: _embedding_pb2.LabelsequenceAccuracyParameter
    largemargin_inner_product_param: _embedding_pb2.LargeMarginInnerProductParameter
    layer_norm_param: _sequence_pb2.LayerNormParameter
    local_param: _backbone_pb2.LocalParameter
    locally_connected_param: _backbone_pb2.LocalParameter
    log_param: LogParameter
    loss_param: LossParameter
    loss_weight: _containers.RepeatedScalarFieldContainer[float]
    lpq_loss_param: _flow_pb2.LpqLossParameter
    lrn_param: LRNParameter
    margin_inner_product_param: _embedding_pb2.MarginInnerProductParameter
    mask_data_param: _sources_pb2.MaskDataParameter
    matmul_param: _tensor_pb2.MatMulParameter
    mean_iou_param: _segmentation_pb2.MeanIOUParameter
    memory_data_param: MemoryDataParameter
    multibox_loss_param: _detection_pb2.MultiBoxLossParameter
    mvn_param: MVNParameter
    name: str
    nca_param: _embedding_pb2.NCAParameter
    norm_param: _detection_pb2.NormParameter
    normalize_param: _detection_pb2.NormalizeParameter
    normalized_inner_product_param: _embedding_pb2.NormalizedInnerProductParameter
    pad_param: _tensor_pb2.PadParameter
    pairwise_param: _embedding_pb2.PairwiseParameter
    param: _containers.RepeatedCompositeFieldContainer[ParamSpec]
    parameter_param: ParameterParameter
    permute_param: _detection_pb2.PermuteParameter
    phase: _common_pb2.Phase
    policy_gradient_loss_param: _generative_pb2.PolicyGradientLossParameter
    pooling_param: PoolingParameter
    position_param: _sequence_pb2.PositionParameter
    power_param: PowerParameter
    prelu_param: PReLUParameter
    prior_box_param: _detection_pb2.PriorBoxParameter
    propagate_down: _containers.RepeatedScalarFieldContainer[bool]
    proposal_param: _regions_pb2.ProposalParameter
    proposal_target_param: _regions_pb2.ProposalTargetParameter
    psroi_pooling_param: _regions_pb2.PSROIPoolingParameter
    python_param: PythonParameter
    reading_param: _reading_pb2.ReadingParameter
    recurrent_param: RecurrentParameter
    reduction_param: ReductionParameter
    region_loss_param: _yolo_pb2.RegionLossParameter
    region_param: _yolo_pb2.RegionParameter
    relu6_param: _backbone_pb2.ReLU6Parameter
    relu_param: ReLUParameter
    reorg_param: _yolo_pb2.ReorgParameter
    repeat: RepeatParameter
    resample_param: _flow_pb2.ResampleParameter
    reshape_param: ReshapeParameter
    resize_param: _embedding_pb2.ResizeLayerParameter
    reverse_param: _backbone_pb2.ReverseParameter
    rms_norm_param: _sequence_pb2.RMSNormParameter
    roi_align_param: _regions_pb2.ROIAlignParameter
    roi_data_param: _regions_pb2.ROIDataParameter
    roi_pooling_param: _regions_pb2.ROIPoolingParameter
    rrelu_param: _backbone_pb2.RReLUParameter
    sample_param: _generative_pb2.SampleParameter
    scale_param: ScaleParameter
    seg_accuracy_param: _segmentation_pb2.SegAccuracyParameter
    segmentation_evaluate_param: _yolo_pb2.SegmentationEvaluateParameter
    selu_dropout_param: _backbone_pb2.SeLuDropoutParameter
    selu_param: _backbone_pb2.SELUParameter
    sequence_data_param: _sources_pb2.SequenceDataParameter
    sequence_mask_param: _sequence_pb2.SequenceMaskParameter
    shuffle_channel_param: _backbone_pb2.ShuffleChannelParameter
    sigmoid_param: SigmoidParameter
    slice_param: SliceParameter
    smooth_l1_loss_param: _regions_pb2.SmoothL1LossParameter
    soft_contrastive_loss_param: _embedding_pb2.SoftContrastiveParameter
    soft_truncation_param: _embedding_pb2.SoftTruncationParameter
    softmax_param: SoftmaxParameter
    softplus_param: _tensor_pb2.SoftplusParameter
    spatial_dropout_param: _backbone_pb2.SpatialDropoutParameter
    spectral_norm_param: _generative_pb2.SpectralNormParameter
    spp_param: SPPParameter
    st_param: _generative_pb2.SpatialTransformerParameter
    sub_region_param: _embedding_pb2.SubRegionParameter
    subnet_param: SubnetParameter
    swish_param: SwishParameter
    tanh_param: TanHParameter
    text_data_param: _sources_pb2.TextDataParameter
    threshold_param: ThresholdParameter
    tile_param: TileParameter
    top: _containers.RepeatedScalarFieldContainer[str]
    transform_param: _transform_pb2.TransformationParameter
    triplet_loss_param: _embedding_pb2.TripletLossParameter
    truncation_param: _embedding_pb2.TruncationParameter
    type: str
    unique_label_param: _segmentation_pb2.UniqueLabelParameter
    unpooling_param: _tensor_pb2.UnpoolingParameter
    upsample_param: _segmentation_pb2.UpsampleParameter
    video_data_param: _embedding_pb2.VideoDataParameter
    voc_data_param: _sources_pb2.VOCDataParameter
    web_dataset_param: _sources_pb2.WebDatasetParameter
    when: bool
    window_data_param: WindowDataParameter
    yolo_detection_output_param: _yolo_pb2.YoloDetectionOutputParameter
    yolo_seg_param: _yolo_pb2.YoloSegParameter
    yolov3_detection_output_param: _yolo_pb2.Yolov3DetectionOutputParameter
    yolov3_param: _yolo_pb2.Yolov3Parameter
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., bottom: _Optional[_Iterable[str]] = ..., top: _Optional[_Iterable[str]] = ..., phase: _Optional[_Union[_common_pb2.Phase, str]] = ..., loss_weight: _Optional[_Iterable[float]] = ..., param: _Optional[_Iterable[_Union[ParamSpec, _Mapping]]] = ..., blobs: _Optional[_Iterable[_Union[_common_pb2.BlobProto, _Mapping]]] = ..., propagate_down: _Optional[_Iterable[bool]] = ..., include: _Optional[_Iterable[_Union[NetStateRule, _Mapping]]] = ..., exclude: _Optional[_Iterable[_Union[NetStateRule, _Mapping]]] = ..., transform_param: _Optional[_Union[_transform_pb2.TransformationParameter, _Mapping]] = ..., loss_param: _Optional[_Union[LossParameter, _Mapping]] = ..., accuracy_param: _Optional[_Union[AccuracyParameter, _Mapping]] = ..., argmax_param: _Optional[_Union[ArgMaxParameter, _Mapping]] = ..., batch_norm_param: _Optional[_Union[BatchNormParameter, _Mapping]] = ..., bias_param: _Optional[_Union[BiasParameter, _Mapping]] = ..., clip_param: _Optional[_Union[ClipParameter, _Mapping]] = ..., concat_param: _Optional[_Union[ConcatParameter, _Mapping]] = ..., contrastive_loss_param: _Optional[_Union[ContrastiveLossParameter, _Mapping]] = ..., convolution_param: _Optional[_Union[ConvolutionParameter, _Mapping]] = ..., crop_param: _Optional[_Union[CropParameter, _Mapping]] = ..., data_param: _Optional[_Union[DataParameter, _Mapping]] = ..., dropout_param: _Optional[_Union[DropoutParameter, _Mapping]] = ..., dummy_data_param: _Optional[_Union[DummyDataParameter, _Mapping]] = ..., eltwise_param: _Optional[_Union[EltwiseParameter, _Mapping]] = ..., elu_param: _Optional[_Union[ELUParameter, _Mapping]] = ..., embed_param: _Optional[_Union[EmbedParameter, _Mapping]] = ..., exp_param: _Optional[_Union[ExpParameter, _Mapping]] = ..., flatten_param: _Optional[_Union[FlattenParameter, _Mapping]] = ..., hdf5_data_param: _Optional[_Union[HDF5DataParameter, _Mapping]] = ..., hdf5_output_param: _Optional[_Union[HDF5OutputParameter, _Mapping]] = ..., hinge_loss_param: _Optional[_Union[HingeLossParameter, _Mapping]] = ..., image_data_param: _Optional[_Union[ImageDataParameter, _Mapping]] = ..., infogain_loss_param: _Optional[_Union[InfogainLossParameter, _Mapping]] = ..., inner_product_param: _Optional[_Union[InnerProductParameter, _Mapping]] = ..., input_param: _Optional[_Union[InputParameter, _Mapping]] = ..., log_param: _Optional[_Union[LogParameter, _Mapping]] = ..., lrn_param: _Optional[_Union[LRNParameter, _Mapping]] = ..., memory_data_param: _Optional[_Union[MemoryDataParameter, _Mapping]] = ..., mvn_param: _Optional[_Union[MVNParameter, _Mapping]] = ..., parameter_param: _Optional[_Union[ParameterParameter, _Mapping]] = ..., pooling_param: _Optional[_Union[PoolingParameter, _Mapping]] = ..., power_param: _Optional[_Union[PowerParameter, _Mapping]] = ..., prelu_param: _Optional[_Union[PReLUParameter, _Mapping]] = ..., python_param: _Optional[_Union[PythonParameter, _Mapping]] = ..., recurrent_param: _Optional[_Union[RecurrentParameter, _Mapping]] = ..., reduction_param: _Optional[_Union[ReductionParameter, _Mapping]] = ..., relu_param: _Optional[_Union[ReLUParameter, _Mapping]] = ..., reshape_param: _Optional[_Union[ReshapeParameter, _Mapping]] = ..., scale_param: _Optional[_Union[ScaleParameter, _Mapping]] = ..., sigmoid_param: _Optional[_Union[SigmoidParameter, _Mapping]] = ..., softmax_param: _Optional[_Union[SoftmaxParameter, _Mapping]] = ..., spp_param: _Optional[_Union[SPPParameter, _Mapping]] = ..., slice_param: _Optional[_Union[SliceParameter, _Mapping]] = ..., swish_param: _Optional[_Union[SwishParameter, _Mapping]] = ..., tanh_param: _Optional[_Union[TanHParameter, _Mapping]] = ..., threshold_param: _Optional[_Union[ThresholdParameter, _Mapping]] = ..., tile_param: _Optional[_Union[TileParameter, _Mapping]] = ..., window_data_param: _Optional[_Union[WindowDataParameter, _Mapping]] = ..., annotated_data_param: _Optional[_Union[_annotation_pb2.AnnotatedDataParameter, _Mapping]] = ..., detection_evaluate_param: _Optional[_Union[_annotation_pb2.DetectionEvaluateParameter, _Mapping]] = ..., seg_accuracy_param: _Optional[_Union[_segmentation_pb2.SegAccuracyParameter, _Mapping]] = ..., dense_image_data_param: _Optional[_Union[_segmentation_pb2.DenseImageDataParameter, _Mapping]] = ..., mean_iou_param: _Optional[_Union[_segmentation_pb2.MeanIOUParameter, _Mapping]] = ..., interp_param: _Optional[_Union[_segmentation_pb2.InterpParameter, _Mapping]] = ..., bn_param: _Optional[_Union[_backbone_pb2.BNParameter, _Mapping]] = ..., relu6_param: _Optional[_Union[_backbone_pb2.ReLU6Parameter, _Mapping]] = ..., shuffle_channel_param: _Optional[_Union[_backbone_pb2.ShuffleChannelParameter, _Mapping]] = ..., upsample_param: _Optional[_Union[_segmentation_pb2.UpsampleParameter, _Mapping]] = ..., reverse_param: _Optional[_Union[_backbone_pb2.ReverseParameter, _Mapping]] = ..., selu_param: _Optional[_Union[_backbone_pb2.SELUParameter, _Mapping]] = ..., rrelu_param: _Optional[_Union[_backbone_pb2.RReLUParameter, _Mapping]] = ..., insanity_param: _Optional[_Union[_backbone_pb2.InsanityParameter, _Mapping]] = ..., group_norm_param: _Optional[_Union[_backbone_pb2.GroupNormParameter, _Mapping]] = ..., local_param: _Optional[_Union[_backbone_pb2.LocalParameter, _Mapping]] = ..., locally_connected_param: _Optional[_Union[_backbone_pb2.LocalParameter, _Mapping]] = ..., eltwise_affine_param: _Optional[_Union[_backbone_pb2.EltwiseAffineParameter, _Mapping]] = ..., spatial_dropout_param: _Optional[_Union[_backbone_pb2.SpatialDropoutParameter, _Mapping]] = ..., unique_label_param: _Optional[_Union[_segmentation_pb2.UniqueLabelParameter, _Mapping]] = ..., bias_channel_param: _Optional[_Union[_segmentation_pb2.BiasChannelParameter, _Mapping]] = ..., adaptive_bias_channel_param: _Optional[_Union[_segmentation_pb2.AdaptiveBiasChannelParameter, _Mapping]] = ..., domain_transform_param: _Optional[_Union[_segmentation_pb2.DomainTransformParameter, _Mapping]] = ..., dataset_param: _Optional[_Union[DatasetParameter, _Mapping]] = ..., matmul_param: _Optional[_Union[_tensor_pb2.MatMulParameter, _Mapping]] = ..., gather_param: _Optional[_Union[_tensor_pb2.GatherParameter, _Mapping]] = ..., compare_param: _Optional[_Union[_tensor_pb2.CompareParameter, _Mapping]] = ..., pad_param: _Optional[_Union[_tensor_pb2.PadParameter, _Mapping]] = ..., unpooling_param: _Optional[_Union[_tensor_pb2.UnpoolingParameter, _Mapping]] = ..., gelu_param: _Optional[_Union[_tensor_pb2.GELUParameter, _Mapping]] = ..., softplus_param: _Optional[_Union[_tensor_pb2.SoftplusParameter, _Mapping]] = ..., layer_norm_param: _Optional[_Union[_sequence_pb2.LayerNormParameter, _Mapping]] = ..., rms_norm_param: _Optional[_Union[_sequence_pb2.RMSNormParameter, _Mapping]] = ..., instance_norm_param: _Optional[_Union[_sequence_pb2.InstanceNormParameter, _Mapping]] = ..., attention_param: _Optional[_Union[_sequence_pb2.AttentionParameter, _Mapping]] = ..., position_param: _Optional[_Union[_sequence_pb2.PositionParameter, _Mapping]] = ..., sequence_mask_param: _Optional[_Union[_sequence_pb2.SequenceMaskParameter, _Mapping]] = ..., reading_param: _Optional[_Union[_reading_pb2.ReadingParameter, _Mapping]] = ..., folder_data_param: _Optional[_Union[_sources_pb2.FolderDataParameter, _Mapping]] = ..., csv_data_param: _Optional[_Union[_sources_pb2.CSVDataParameter, _Mapping]] = ..., text_data_param: _Optional[_Union[_sources_pb2.TextDataParameter, _Mapping]] = ..., coco_data_param: _Optional[_Union[_sources_pb2.COCODataParameter, _Mapping]] = ..., voc_data_param: _Optional[_Union[_sources_pb2.VOCDataParameter, _Mapping]] = ..., mask_data_param: _Optional[_Union[_sources_pb2.MaskDataParameter, _Mapping]] = ..., sequence_data_param: _Optional[_Union[_sources_pb2.SequenceDataParameter, _Mapping]] = ..., audio_data_param: _Optional[_Union[_sources_pb2.AudioDataParameter, _Mapping]] = ..., hugging_face_data_param: _Optional[_Union[_sources_pb2.HuggingFaceDataParameter, _Mapping]] = ..., web_dataset_param: _Optional[_Union[_sources_pb2.WebDatasetParameter, _Mapping]] = ..., drawn_data_param: _Optional[_Union[_sources_pb2.DrawnDataParameter, _Mapping]] = ..., roi_pooling_param: _Optional[_Union[_regions_pb2.ROIPoolingParameter, _Mapping]] = ..., psroi_pooling_param: _Optional[_Union[_regions_pb2.PSROIPoolingParameter, _Mapping]] = ..., roi_align_param: _Optional[_Union[_regions_pb2.ROIAlignParameter, _Mapping]] = ..., center_loss_param: _Optional[_Union[_embedding_pb2.CenterLossParameter, _Mapping]] = ..., focal_loss_param: _Optional[_Union[_embedding_pb2.FocalLossParameter, _Mapping]] = ..., triplet_loss_param: _Optional[_Union[_embedding_pb2.TripletLossParameter, _Mapping]] = ..., general_contrastive_loss_param: _Optional[_Union[_embedding_pb2.GeneralContrastiveParameter, _Mapping]] = ..., soft_contrastive_loss_param: _Optional[_Union[_embedding_pb2.SoftContrastiveParameter, _Mapping]] = ..., batch_contrastive_loss_param: _Optional[_Union[_embedding_pb2.BatchContrastiveParameter, _Mapping]] = ..., general_triplet_loss_param: _Optional[_Union[_embedding_pb2.GeneralTripletParameter, _Mapping]] = ..., nca_param: _Optional[_Union[_embedding_pb2.NCAParameter, _Mapping]] = ..., confidence_penalty_loss_param: _Optional[_Union[_embedding_pb2.ConfidencePenaltyLossParameter, _Mapping]] = ..., inner_distance_param: _Optional[_Union[_embedding_pb2.InnerDistanceParameter, _Mapping]] = ..., margin_inner_product_param: _Optional[_Union[_embedding_pb2.MarginInnerProductParameter, _Mapping]] = ..., largemargin_inner_product_param: _Optional[_Union[_embedding_pb2.LargeMarginInnerProductParameter, _Mapping]] = ..., label_specific_add_param: _Optional[_Union[_embedding_pb2.LabelSpecificAddParameter, _Mapping]] = ..., channel_scale_param: _Optional[_Union[_embedding_pb2.ChannelScaleParameter, _Mapping]] = ..., pairwise_param: _Optional[_Union[_embedding_pb2.PairwiseParameter, _Mapping]] = ..., truncation_param: _Optional[_Union[_embedding_pb2.TruncationParameter, _Mapping]] = ..., soft_truncation_param: _Optional[_Union[_embedding_pb2.SoftTruncationParameter, _Mapping]] = ..., flip_param: _Optional[_Union[_embedding_pb2.FlipParameter, _Mapping]] = ..., resize_param: _Optional[_Union[_embedding_pb2.ResizeLayerParameter, _Mapping]] = ..., sub_region_param: _Optional[_Union[_embedding_pb2.SubRegionParameter, _Mapping]] = ..., ctc_loss_param: _Optional[_Union[_embedding_pb2.CTCLossParameter, _Mapping]] = ..., ctc_param: _Optional[_Union[_embedding_pb2.CTCParameter, _Mapping]] = ..., ctc_decoder_param: _Optional[_Union[_embedding_pb2.CTCDecoderParameter, _Mapping]] = ..., continuation_indicator_param: _Optional[_Union[_embedding_pb2.ContinuationIndicatorParameter, _Mapping]] = ..., labelsequence_accuracy_param: _Optional[_Union[_embedding_pb2.LabelsequenceAccuracyParameter, _Mapping]] = ..., video_data_param: _Optional[_Union[_embedding_pb2.VideoDataParameter, _Mapping]] = ..., permute_param: _Optional[_Union[_detection_pb2.PermuteParameter, _Mapping]] = ..., norm_param: _Optional[_Union[_detection_pb2.NormParameter, _Mapping]] = ..., normalize_param: _Optional[_Union[_detection_pb2.NormalizeParameter, _Mapping]] = ..., prior_box_param: _Optional[_Union[_detection_pb2.PriorBoxParameter, _Mapping]] = ..., detection_output_param: _Optional[_Union[_detection_pb2.DetectionOutputParameter, _Mapping]] = ..., multibox_loss_param: _Optional[_Union[_detection_pb2.MultiBoxLossParameter, _Mapping]] = ..., smooth_l1_loss_param: _Optional[_Union[_regions_pb2.SmoothL1LossParameter, _Mapping]] = ..., box_annotator_ohem_param: _Optional[_Union[_regions_pb2.BoxAnnotatorOHEMParameter, _Mapping]] = ..., proposal_param: _Optional[_Union[_regions_pb2.ProposalParameter, _Mapping]] = ..., box_output_param: _Optional[_Union[_regions_pb2.BoxOutputParameter, _Mapping]] = ..., decode_bbox_param: _Optional[_Union[_regions_pb2.DecodeBBoxParameter, _Mapping]] = ..., bbox_reg_param: _Optional[_Union[_regions_pb2.BBoxRegParameter, _Mapping]] = ..., box_group_output_param: _Optional[_Union[_regions_pb2.BoxGroupOutputParameter, _Mapping]] = ..., anchor_target_param: _Optional[_Union[_regions_pb2.AnchorTargetParameter, _Mapping]] = ..., proposal_target_param: _Optional[_Union[_regions_pb2.ProposalTargetParameter, _Mapping]] = ..., roi_data_param: _Optional[_Union[_regions_pb2.ROIDataParameter, _Mapping]] = ..., reorg_param: _Optional[_Union[_yolo_pb2.ReorgParameter, _Mapping]] = ..., region_loss_param: _Optional[_Union[_yolo_pb2.RegionLossParameter, _Mapping]] = ..., yolov3_param: _Optional[_Union[_yolo_pb2.Yolov3Parameter, _Mapping]] = ..., yolo_detection_output_param: _Optional[_Union[_yolo_pb2.YoloDetectionOutputParameter, _Mapping]] = ..., yolov3_detection_output_param: _Optional[_Union[_yolo_pb2.Yolov3DetectionOutputParameter, _Mapping]] = ..., eval_detection_param: _Optional[_Union[_yolo_pb2.EvalDetectionParameter, _Mapping]] = ..., accum_param: _Optional[_Union[_flow_pb2.AccumParameter, _Mapping]] = ..., correlation_param: _Optional[_Union[_flow_pb2.CorrelationParameter, _Mapping]] = ..., downsample_param: _Optional[_Union[_flow_pb2.DownsampleParameter, _Mapping]] = ..., flow_warp_param: _Optional[_Union[_flow_pb2.FlowWarpParameter, _Mapping]] = ..., l1_loss_param: _Optional[_Union[_flow_pb2.L1LossParameter, _Mapping]] = ..., resample_param: _Optional[_Union[_flow_pb2.ResampleParameter, _Mapping]] = ..., augmentation_param: _Optional[_Union[_flow_pb2.AugmentationParameter, _Mapping]] = ..., coeff_schedule_param: _Optional[_Union[_flow_pb2.CoeffScheduleParameter, _Mapping]] = ..., lpq_loss_param: _Optional[_Union[_flow_pb2.LpqLossParameter, _Mapping]] = ..., region_param: _Optional[_Union[_yolo_pb2.RegionParameter, _Mapping]] = ..., normalized_inner_product_param: _Optional[_Union[_embedding_pb2.NormalizedInnerProductParameter, _Mapping]] = ..., cosine_similarity_param: _Optional[_Union[_embedding_pb2.CosineSimilarityParameter, _Mapping]] = ..., yolo_seg_param: _Optional[_Union[_yolo_pb2.YoloSegParameter, _Mapping]] = ..., assisted_excitation_param: _Optional[_Union[_yolo_pb2.AssistedExcitationParameter, _Mapping]] = ..., segmentation_evaluate_param: _Optional[_Union[_yolo_pb2.SegmentationEvaluateParameter, _Mapping]] = ..., selu_dropout_param: _Optional[_Union[_backbone_pb2.SeLuDropoutParameter, _Mapping]] = ..., sample_param: _Optional[_Union[_generative_pb2.SampleParameter, _Mapping]] = ..., gradient_scale_param: _Optional[_Union[_generative_pb2.GradientScaleParameter, _Mapping]] = ..., kl_div_loss_param: _Optional[_Union[_generative_pb2.KLDivLossParameter, _Mapping]] = ..., gaussian_kl_loss_param: _Optional[_Union[_generative_pb2.GaussianKLLossParameter, _Mapping]] = ..., policy_gradient_loss_param: _Optional[_Union[_generative_pb2.PolicyGradientLossParameter, _Mapping]] = ..., st_param: _Optional[_Union[_generative_pb2.SpatialTransformerParameter, _Mapping]] = ..., spectral_norm_param: _Optional[_Union[_generative_pb2.SpectralNormParameter, _Mapping]] = ..., subnet_param: _Optional[_Union[SubnetParameter, _Mapping]] = ..., when: bool = ..., repeat: _Optional[_Union[RepeatParameter, _Mapping]] = ..., all_params: _Optional[_Union[ParamSpec, _Mapping]] = ..., by_shape: _Optional[_Iterable[_Union[NumberByShape, _Mapping]]] = ...) -> None: ...

class LayerPrecisionParameter(_message.Message):
    __slots__ = ["layer", "precision"]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    layer: _containers.RepeatedScalarFieldContainer[str]
    precision: Precision
    def __init__(self, layer: _Optional[_Iterable[str]] = ..., precision: _Optional[_Union[Precision, str]] = ...) -> None: ...

class LineSearchParameter(_message.Message):
    __slots__ = ["curvature", "max_evaluations", "method", "shrink", "sufficient_decrease", "tolerance"]
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BACKTRACKING: LineSearchParameter.Method
    CURVATURE_FIELD_NUMBER: _ClassVar[int]
    EXACT: LineSearchParameter.Method
    MAX_EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    SHRINK_FIELD_NUMBER: _ClassVar[int]
    STRONG_WOLFE: LineSearchParameter.Method
    SUFFICIENT_DECREASE_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    curvature: float
    max_evaluations: int
    method: LineSearchParameter.Method
    shrink: float
    sufficient_decrease: float
    tolerance: float
    def __init__(self, method: _Optional[_Union[LineSearchParameter.Method, str]] = ..., sufficient_decrease: _Optional[float] = ..., curvature: _Optional[float] = ..., shrink: _Optional[float] = ..., max_evaluations: _Optional[int] = ..., tolerance: _Optional[float] = ...) -> None: ...

class LogParameter(_message.Message):
    __slots__ = ["base", "scale", "shift"]
    BASE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    base: float
    scale: float
    shift: float
    def __init__(self, base: _Optional[float] = ..., scale: _Optional[float] = ..., shift: _Optional[float] = ...) -> None: ...

class LossParameter(_message.Message):
    __slots__ = ["auto_class_weights", "class_weighting", "class_weights", "ignore_label", "label_smoothing", "normalization", "normalize", "pre_fixed_normalizer", "soft_labels", "weight_by_label_freqs"]
    class NormalizationMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AUTO_CLASS_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE: LossParameter.NormalizationMode
    CLASS_WEIGHTING_FIELD_NUMBER: _ClassVar[int]
    CLASS_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    FULL: LossParameter.NormalizationMode
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTHING_FIELD_NUMBER: _ClassVar[int]
    NONE: LossParameter.NormalizationMode
    NORMALIZATION_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_FIELD_NUMBER: _ClassVar[int]
    PRE_FIXED: LossParameter.NormalizationMode
    PRE_FIXED_NORMALIZER_FIELD_NUMBER: _ClassVar[int]
    SOFT_LABELS_FIELD_NUMBER: _ClassVar[int]
    VALID: LossParameter.NormalizationMode
    WEIGHT_BY_LABEL_FREQS_FIELD_NUMBER: _ClassVar[int]
    auto_class_weights: bool
    class_weighting: _containers.RepeatedScalarFieldContainer[float]
    class_weights: _containers.RepeatedScalarFieldContainer[float]
    ignore_label: int
    label_smoothing: float
    normalization: LossParameter.NormalizationMode
    normalize: bool
    pre_fixed_normalizer: float
    soft_labels: bool
    weight_by_label_freqs: bool
    def __init__(self, ignore_label: _Optional[int] = ..., normalization: _Optional[_Union[LossParameter.NormalizationMode, str]] = ..., normalize: bool = ..., pre_fixed_normalizer: _Optional[float] = ..., weight_by_label_freqs: bool = ..., class_weighting: _Optional[_Iterable[float]] = ..., label_smoothing: _Optional[float] = ..., soft_labels: bool = ..., class_weights: _Optional[_Iterable[float]] = ..., auto_class_weights: bool = ...) -> None: ...

class LossScaleParameter(_message.Message):
    __slots__ = ["backoff", "growth", "initial", "interval"]
    BACKOFF_FIELD_NUMBER: _ClassVar[int]
    GROWTH_FIELD_NUMBER: _ClassVar[int]
    INITIAL_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    backoff: float
    growth: float
    initial: float
    interval: int
    def __init__(self, initial: _Optional[float] = ..., growth: _Optional[float] = ..., backoff: _Optional[float] = ..., interval: _Optional[int] = ...) -> None: ...

class MVNParameter(_message.Message):
    __slots__ = ["across_channels", "eps", "normalize_variance"]
    ACROSS_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    EPS_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_VARIANCE_FIELD_NUMBER: _ClassVar[int]
    across_channels: bool
    eps: float
    normalize_variance: bool
    def __init__(self, normalize_variance: bool = ..., across_channels: bool = ..., eps: _Optional[float] = ...) -> None: ...

class MemoryDataParameter(_message.Message):
    __slots__ = ["batch_size", "channels", "height", "width"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    channels: int
    height: int
    width: int
    def __init__(self, batch_size: _Optional[int] = ..., channels: _Optional[int] = ..., height: _Optional[int] = ..., width: _Optional[int] = ...) -> None: ...

class NetParameter(_message.Message):
    __slots__ = ["debug_info", "engine_param", "force_backward", "include", "input", "input_dim", "input_shape", "layer", "let", "name", "state", "subnet"]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    ENGINE_PARAM_FIELD_NUMBER: _ClassVar[int]
    FORCE_BACKWARD_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LET_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SUBNET_FIELD_NUMBER: _ClassVar[int]
    debug_info: bool
    engine_param: _engine_pb2.EngineParameter
    force_backward: bool
    include: _containers.RepeatedScalarFieldContainer[str]
    input: _containers.RepeatedScalarFieldContainer[str]
    input_dim: _containers.RepeatedScalarFieldContainer[int]
    input_shape: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobShape]
    layer: _containers.RepeatedCompositeFieldContainer[LayerParameter]
    let: Values
    name: str
    state: NetState
    subnet: _containers.RepeatedCompositeFieldContainer[Subnet]
    def __init__(self, name: _Optional[str] = ..., input: _Optional[_Iterable[str]] = ..., input_shape: _Optional[_Iterable[_Union[_common_pb2.BlobShape, _Mapping]]] = ..., input_dim: _Optional[_Iterable[int]] = ..., force_backward: bool = ..., state: _Optional[_Union[NetState, _Mapping]] = ..., debug_info: bool = ..., layer: _Optional[_Iterable[_Union[LayerParameter, _Mapping]]] = ..., engine_param: _Optional[_Union[_engine_pb2.EngineParameter, _Mapping]] = ..., include: _Optional[_Iterable[str]] = ..., let: _Optional[_Union[Values, _Mapping]] = ..., subnet: _Optional[_Iterable[_Union[Subnet, _Mapping]]] = ...) -> None: ...

class NetState(_message.Message):
    __slots__ = ["level", "phase", "stage"]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    level: int
    phase: _common_pb2.Phase
    stage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, phase: _Optional[_Union[_common_pb2.Phase, str]] = ..., level: _Optional[int] = ..., stage: _Optional[_Iterable[str]] = ...) -> None: ...

class NetStateRule(_message.Message):
    __slots__ = ["max_level", "min_level", "not_stage", "phase", "stage"]
    MAX_LEVEL_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    NOT_STAGE_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    max_level: int
    min_level: int
    not_stage: _containers.RepeatedScalarFieldContainer[str]
    phase: _common_pb2.Phase
    stage: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, phase: _Optional[_Union[_common_pb2.Phase, str]] = ..., min_level: _Optional[int] = ..., max_level: _Optional[int] = ..., stage: _Optional[_Iterable[str]] = ..., not_stage: _Optional[_Iterable[str]] = ...) -> None: ...

class NonFiniteParameter(_message.Message):
    __slots__ = ["action", "interval", "max_skips", "save"]
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ACTION_FIELD_NUMBER: _ClassVar[int]
    IGNORE: NonFiniteParameter.Action
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    MAX_SKIPS_FIELD_NUMBER: _ClassVar[int]
    SAVE_FIELD_NUMBER: _ClassVar[int]
    SKIP: NonFiniteParameter.Action
    STOP: NonFiniteParameter.Action
    action: NonFiniteParameter.Action
    interval: int
    max_skips: int
    save: bool
    def __init__(self, action: _Optional[_Union[NonFiniteParameter.Action, str]] = ..., max_skips: _Optional[int] = ..., interval: _Optional[int] = ..., save: bool = ...) -> None: ...

class NonlinearCGParameter(_message.Message):
    __slots__ = ["beta", "restart"]
    class Beta(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BETA_FIELD_NUMBER: _ClassVar[int]
    DAI_YUAN: NonlinearCGParameter.Beta
    FLETCHER_REEVES: NonlinearCGParameter.Beta
    HESTENES_STIEFEL: NonlinearCGParameter.Beta
    POLAK_RIBIERE: NonlinearCGParameter.Beta
    RESTART_FIELD_NUMBER: _ClassVar[int]
    beta: NonlinearCGParameter.Beta
    restart: int
    def __init__(self, beta: _Optional[_Union[NonlinearCGParameter.Beta, str]] = ..., restart: _Optional[int] = ...) -> None: ...

class NumberByShape(_message.Message):
    __slots__ = ["field", "value"]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class OneCycleParameter(_message.Message):
    __slots__ = ["end_divisor", "rise", "shape", "start_divisor"]
    class Shape(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    COSINE: OneCycleParameter.Shape
    END_DIVISOR_FIELD_NUMBER: _ClassVar[int]
    LINEAR: OneCycleParameter.Shape
    RISE_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    START_DIVISOR_FIELD_NUMBER: _ClassVar[int]
    end_divisor: float
    rise: float
    shape: OneCycleParameter.Shape
    start_divisor: float
    def __init__(self, rise: _Optional[float] = ..., start_divisor: _Optional[float] = ..., end_divisor: _Optional[float] = ..., shape: _Optional[_Union[OneCycleParameter.Shape, str]] = ...) -> None: ...

class PReLUParameter(_message.Message):
    __slots__ = ["channel_shared", "filler"]
    CHANNEL_SHARED_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    channel_shared: bool
    filler: _common_pb2.FillerParameter
    def __init__(self, filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., channel_shared: bool = ...) -> None: ...

class ParamSpec(_message.Message):
    __slots__ = ["blob", "decay_mult", "lr_mult", "name", "share_mode"]
    class DimCheckMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BLOB_FIELD_NUMBER: _ClassVar[int]
    DECAY_MULT_FIELD_NUMBER: _ClassVar[int]
    LR_MULT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERMISSIVE: ParamSpec.DimCheckMode
    SHARE_MODE_FIELD_NUMBER: _ClassVar[int]
    STRICT: ParamSpec.DimCheckMode
    blob: str
    decay_mult: float
    lr_mult: float
    name: str
    share_mode: ParamSpec.DimCheckMode
    def __init__(self, name: _Optional[str] = ..., share_mode: _Optional[_Union[ParamSpec.DimCheckMode, str]] = ..., lr_mult: _Optional[float] = ..., decay_mult: _Optional[float] = ..., blob: _Optional[str] = ...) -> None: ...

class ParameterParameter(_message.Message):
    __slots__ = ["blob_filler", "filler", "shape"]
    BLOB_FILLER_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    blob_filler: _common_pb2.FillerParameter
    filler: _common_pb2.FillerParameter
    shape: _common_pb2.BlobShape
    def __init__(self, shape: _Optional[_Union[_common_pb2.BlobShape, _Mapping]] = ..., filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., blob_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ...) -> None: ...

class PlateauParameter(_message.Message):
    __slots__ = ["cooldown", "min_lr", "patience", "threshold"]
    COOLDOWN_FIELD_NUMBER: _ClassVar[int]
    MIN_LR_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    cooldown: int
    min_lr: float
    patience: int
    threshold: float
    def __init__(self, patience: _Optional[int] = ..., threshold: _Optional[float] = ..., cooldown: _Optional[int] = ..., min_lr: _Optional[float] = ...) -> None: ...

class PoolingParameter(_message.Message):
    __slots__ = ["engine", "global_pooling", "kernel_h", "kernel_shape", "kernel_size", "kernel_w", "pad", "pad_b", "pad_h", "pad_l", "pad_r", "pad_shape", "pad_t", "pad_w", "pool", "round_mode", "stride", "stride_h", "stride_shape", "stride_w"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class RoundMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AVE: PoolingParameter.PoolMethod
    AVE_EXC_PAD: PoolingParameter.PoolMethod
    CAFFE: PoolingParameter.Engine
    CEIL: PoolingParameter.RoundMode
    CUDNN: PoolingParameter.Engine
    DEFAULT: PoolingParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    FLOOR: PoolingParameter.RoundMode
    GLOBAL_POOLING_FIELD_NUMBER: _ClassVar[int]
    KERNEL_H_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SHAPE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    KERNEL_W_FIELD_NUMBER: _ClassVar[int]
    MAX: PoolingParameter.PoolMethod
    PAD_B_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    PAD_H_FIELD_NUMBER: _ClassVar[int]
    PAD_L_FIELD_NUMBER: _ClassVar[int]
    PAD_R_FIELD_NUMBER: _ClassVar[int]
    PAD_SHAPE_FIELD_NUMBER: _ClassVar[int]
    PAD_T_FIELD_NUMBER: _ClassVar[int]
    PAD_W_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    ROUND_MODE_FIELD_NUMBER: _ClassVar[int]
    STOCHASTIC: PoolingParameter.PoolMethod
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_H_FIELD_NUMBER: _ClassVar[int]
    STRIDE_SHAPE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_W_FIELD_NUMBER: _ClassVar[int]
    engine: PoolingParameter.Engine
    global_pooling: bool
    kernel_h: int
    kernel_shape: _containers.RepeatedScalarFieldContainer[int]
    kernel_size: int
    kernel_w: int
    pad: int
    pad_b: int
    pad_h: int
    pad_l: int
    pad_r: int
    pad_shape: _containers.RepeatedScalarFieldContainer[int]
    pad_t: int
    pad_w: int
    pool: PoolingParameter.PoolMethod
    round_mode: PoolingParameter.RoundMode
    stride: int
    stride_h: int
    stride_shape: _containers.RepeatedScalarFieldContainer[int]
    stride_w: int
    def __init__(self, pool: _Optional[_Union[PoolingParameter.PoolMethod, str]] = ..., pad: _Optional[int] = ..., pad_h: _Optional[int] = ..., pad_w: _Optional[int] = ..., kernel_size: _Optional[int] = ..., kernel_h: _Optional[int] = ..., kernel_w: _Optional[int] = ..., stride: _Optional[int] = ..., stride_h: _Optional[int] = ..., stride_w: _Optional[int] = ..., engine: _Optional[_Union[PoolingParameter.Engine, str]] = ..., global_pooling: bool = ..., round_mode: _Optional[_Union[PoolingParameter.RoundMode, str]] = ..., kernel_shape: _Optional[_Iterable[int]] = ..., stride_shape: _Optional[_Iterable[int]] = ..., pad_shape: _Optional[_Iterable[int]] = ..., pad_l: _Optional[int] = ..., pad_r: _Optional[int] = ..., pad_t: _Optional[int] = ..., pad_b: _Optional[int] = ...) -> None: ...

class PowerParameter(_message.Message):
    __slots__ = ["power", "scale", "shift"]
    POWER_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHIFT_FIELD_NUMBER: _ClassVar[int]
    power: float
    scale: float
    shift: float
    def __init__(self, power: _Optional[float] = ..., scale: _Optional[float] = ..., shift: _Optional[float] = ...) -> None: ...

class PythonParameter(_message.Message):
    __slots__ = ["layer", "module", "param_str", "share_in_parallel"]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    MODULE_FIELD_NUMBER: _ClassVar[int]
    PARAM_STR_FIELD_NUMBER: _ClassVar[int]
    SHARE_IN_PARALLEL_FIELD_NUMBER: _ClassVar[int]
    layer: str
    module: str
    param_str: str
    share_in_parallel: bool
    def __init__(self, module: _Optional[str] = ..., layer: _Optional[str] = ..., param_str: _Optional[str] = ..., share_in_parallel: bool = ...) -> None: ...

class ReLUParameter(_message.Message):
    __slots__ = ["engine", "negative_slope"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CAFFE: ReLUParameter.Engine
    CUDNN: ReLUParameter.Engine
    DEFAULT: ReLUParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    NEGATIVE_SLOPE_FIELD_NUMBER: _ClassVar[int]
    engine: ReLUParameter.Engine
    negative_slope: float
    def __init__(self, negative_slope: _Optional[float] = ..., engine: _Optional[_Union[ReLUParameter.Engine, str]] = ...) -> None: ...

class RecurrentParameter(_message.Message):
    __slots__ = ["bias_filler", "debug_info", "direction", "dropout_ratio", "expose_hidden", "num_layers", "num_output", "propagate_hidden", "reset", "weight_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    EXPOSE_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    NUM_LAYERS_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PROPAGATE_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    debug_info: bool
    direction: _sequence_pb2.RecurrentDirection
    dropout_ratio: float
    expose_hidden: bool
    num_layers: int
    num_output: int
    propagate_hidden: bool
    reset: _sequence_pb2.RecurrentReset
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., debug_info: bool = ..., expose_hidden: bool = ..., propagate_hidden: bool = ..., direction: _Optional[_Union[_sequence_pb2.RecurrentDirection, str]] = ..., num_layers: _Optional[int] = ..., dropout_ratio: _Optional[float] = ..., reset: _Optional[_Union[_sequence_pb2.RecurrentReset, str]] = ...) -> None: ...

class ReductionParameter(_message.Message):
    __slots__ = ["axes", "axis", "coeff", "keep_axes", "operation"]
    class ReductionOp(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ASUM: ReductionParameter.ReductionOp
    AXES_FIELD_NUMBER: _ClassVar[int]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    COEFF_FIELD_NUMBER: _ClassVar[int]
    KEEP_AXES_FIELD_NUMBER: _ClassVar[int]
    MAX: ReductionParameter.ReductionOp
    MEAN: ReductionParameter.ReductionOp
    MIN: ReductionParameter.ReductionOp
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    SUM: ReductionParameter.ReductionOp
    SUMSQ: ReductionParameter.ReductionOp
    axes: _containers.RepeatedScalarFieldContainer[int]
    axis: int
    coeff: float
    keep_axes: bool
    operation: ReductionParameter.ReductionOp
    def __init__(self, operation: _Optional[_Union[ReductionParameter.ReductionOp, str]] = ..., axis: _Optional[int] = ..., coeff: _Optional[float] = ..., axes: _Optional[_Iterable[int]] = ..., keep_axes: bool = ...) -> None: ...

class RepeatParameter(_message.Message):
    __slots__ = ["layer", "names", "over", "times", "var"]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    OVER_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    VAR_FIELD_NUMBER: _ClassVar[int]
    layer: _containers.RepeatedCompositeFieldContainer[LayerParameter]
    names: SubnetParameter.Names
    over: _containers.RepeatedScalarFieldContainer[str]
    times: int
    var: str
    def __init__(self, var: _Optional[str] = ..., over: _Optional[_Iterable[str]] = ..., times: _Optional[int] = ..., names: _Optional[_Union[SubnetParameter.Names, str]] = ..., layer: _Optional[_Iterable[_Union[LayerParameter, _Mapping]]] = ...) -> None: ...

class ReshapeParameter(_message.Message):
    __slots__ = ["axis", "num_axes", "shape"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    num_axes: int
    shape: _common_pb2.BlobShape
    def __init__(self, shape: _Optional[_Union[_common_pb2.BlobShape, _Mapping]] = ..., axis: _Optional[int] = ..., num_axes: _Optional[int] = ...) -> None: ...

class SPPParameter(_message.Message):
    __slots__ = ["engine", "pool", "pyramid_height"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AVE: SPPParameter.PoolMethod
    CAFFE: SPPParameter.Engine
    CUDNN: SPPParameter.Engine
    DEFAULT: SPPParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    MAX: SPPParameter.PoolMethod
    POOL_FIELD_NUMBER: _ClassVar[int]
    PYRAMID_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    STOCHASTIC: SPPParameter.PoolMethod
    engine: SPPParameter.Engine
    pool: SPPParameter.PoolMethod
    pyramid_height: int
    def __init__(self, pyramid_height: _Optional[int] = ..., pool: _Optional[_Union[SPPParameter.PoolMethod, str]] = ..., engine: _Optional[_Union[SPPParameter.Engine, str]] = ...) -> None: ...

class ScaleParameter(_message.Message):
    __slots__ = ["axis", "bias_filler", "bias_term", "filler", "max_value", "min_value", "num_axes"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    FILLER_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
    MIN_VALUE_FIELD_NUMBER: _ClassVar[int]
    NUM_AXES_FIELD_NUMBER: _ClassVar[int]
    axis: int
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    filler: _common_pb2.FillerParameter
    max_value: float
    min_value: float
    num_axes: int
    def __init__(self, axis: _Optional[int] = ..., num_axes: _Optional[int] = ..., filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_term: bool = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., min_value: _Optional[float] = ..., max_value: _Optional[float] = ...) -> None: ...

class ScoreParameter(_message.Message):
    __slots__ = ["better", "output", "test_net"]
    class Better(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BETTER_FIELD_NUMBER: _ClassVar[int]
    HIGHER: ScoreParameter.Better
    LOWER: ScoreParameter.Better
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TEST_NET_FIELD_NUMBER: _ClassVar[int]
    better: ScoreParameter.Better
    output: str
    test_net: int
    def __init__(self, output: _Optional[str] = ..., better: _Optional[_Union[ScoreParameter.Better, str]] = ..., test_net: _Optional[int] = ...) -> None: ...

class SigmoidParameter(_message.Message):
    __slots__ = ["engine"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CAFFE: SigmoidParameter.Engine
    CUDNN: SigmoidParameter.Engine
    DEFAULT: SigmoidParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: SigmoidParameter.Engine
    def __init__(self, engine: _Optional[_Union[SigmoidParameter.Engine, str]] = ...) -> None: ...

class SliceParameter(_message.Message):
    __slots__ = ["axis", "slice_dim", "slice_point"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    SLICE_DIM_FIELD_NUMBER: _ClassVar[int]
    SLICE_POINT_FIELD_NUMBER: _ClassVar[int]
    axis: int
    slice_dim: int
    slice_point: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, axis: _Optional[int] = ..., slice_point: _Optional[_Iterable[int]] = ..., slice_dim: _Optional[int] = ...) -> None: ...

class SoftmaxParameter(_message.Message):
    __slots__ = ["axis", "class_weight", "cutting_point", "engine", "hard_mining_label", "hard_ratio", "label_smooth_factor", "normalize_type"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AXIS_FIELD_NUMBER: _ClassVar[int]
    CAFFE: SoftmaxParameter.Engine
    CLASS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CUDNN: SoftmaxParameter.Engine
    CUTTING_POINT_FIELD_NUMBER: _ClassVar[int]
    DEFAULT: SoftmaxParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    HARD_MINING_LABEL_FIELD_NUMBER: _ClassVar[int]
    HARD_RATIO_FIELD_NUMBER: _ClassVar[int]
    LABEL_SMOOTH_FACTOR_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_TYPE_FIELD_NUMBER: _ClassVar[int]
    axis: int
    class_weight: _containers.RepeatedScalarFieldContainer[float]
    cutting_point: float
    engine: SoftmaxParameter.Engine
    hard_mining_label: int
    hard_ratio: float
    label_smooth_factor: float
    normalize_type: str
    def __init__(self, engine: _Optional[_Union[SoftmaxParameter.Engine, str]] = ..., axis: _Optional[int] = ..., class_weight: _Optional[_Iterable[float]] = ..., hard_ratio: _Optional[float] = ..., hard_mining_label: _Optional[int] = ..., cutting_point: _Optional[float] = ..., normalize_type: _Optional[str] = ..., label_smooth_factor: _Optional[float] = ...) -> None: ...

class SolverParameter(_message.Message):
    __slots__ = ["adafactor_param", "annealing_param", "ap_version", "average_loss", "base_lr", "bfgs_param", "clamp_weights_lower", "clamp_weights_upper", "clip_gradients", "clip_weights", "cosine_param", "debug_info", "decoupled_weight_decay", "delta", "device_id", "display", "distributed_param", "early_stopping_param", "ema_param", "engine", "engine_param", "eval_type", "freeze", "gamma", "gauss_newton_param", "gradient_noise_param", "include", "iter_size", "keep_param", "l1_ratio", "larc", "larc_eta", "larc_policy", "larc_turbo", "lars_param", "layer_precision", "layer_wise_reduce", "lbfgs_param", "let", "line_search_param", "local_gw_ratio", "local_lr_auto", "loss_scale_param", "lr_policy", "max_epoch", "max_iter", "max_time", "min_lr", "momentum", "momentum2", "muon_param", "net", "net_param", "newton_cg_param", "newton_param", "non_finite_param", "nonlinear_cg_param", "one_cycle_param", "plateau_param", "plateau_winsize", "power", "precision", "price_per_hour", "publish", "rampup_interval", "rampup_lr", "random_seed", "regularization_type", "rms_decay", "schedule_free_param", "score_param", "show_per_class_result", "snapshot", "snapshot_after_train", "snapshot_diff", "snapshot_format", "snapshot_prefix", "solver_mode", "solver_type", "stageiter", "stagelr", "stepsize", "stepvalue", "store_blobs_in_old_format", "tensorboard_param", "test_compute_loss", "test_epoch", "test_initialization", "test_interval", "test_iter", "test_net", "test_net_param", "test_state", "threads", "train_net", "train_net_param", "train_state", "type", "update", "warmup_iter", "warmup_param", "warmup_start_lr", "watch", "weight_decay", "weights"]
    class SnapshotFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class SolverMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class SolverType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ADADELTA: SolverParameter.SolverType
    ADAFACTOR_PARAM_FIELD_NUMBER: _ClassVar[int]
    ADAGRAD: SolverParameter.SolverType
    ADAM: SolverParameter.SolverType
    ANNEALING_PARAM_FIELD_NUMBER: _ClassVar[int]
    AP_VERSION_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_LOSS_FIELD_NUMBER: _ClassVar[int]
    BASE_LR_FIELD_NUMBER: _ClassVar[int]
    BFGS_PARAM_FIELD_NUMBER: _ClassVar[int]
    BINARYPROTO: SolverParameter.SnapshotFormat
    CLAMP_WEIGHTS_LOWER_FIELD_NUMBER: _ClassVar[int]
    CLAMP_WEIGHTS_UPPER_FIELD_NUMBER: _ClassVar[int]
    CLIP_GRADIENTS_FIELD_NUMBER: _ClassVar[int]
    CLIP_WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    COSINE_PARAM_FIELD_NUMBER: _ClassVar[int]
    CPU: SolverParameter.SolverMode
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    DECOUPLED_WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    DEVICE_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTED_PARAM_FIELD_NUMBER: _ClassVar[int]
    EARLY_STOPPING_PARAM_FIELD_NUMBER: _ClassVar[int]
    EMA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_PARAM_FIELD_NUMBER: _ClassVar[int]
    EVAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    FREEZE_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    GAUSS_NEWTON_PARAM_FIELD_NUMBER: _ClassVar[int]
    GPU: SolverParameter.SolverMode
    GRADIENT_NOISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5: SolverParameter.SnapshotFormat
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    ITER_SIZE_FIELD_NUMBER: _ClassVar[int]
    KEEP_PARAM_FIELD_NUMBER: _ClassVar[int]
    L1_RATIO_FIELD_NUMBER: _ClassVar[int]
    LARC_ETA_FIELD_NUMBER: _ClassVar[int]
    LARC_FIELD_NUMBER: _ClassVar[int]
    LARC_POLICY_FIELD_NUMBER: _ClassVar[int]
    LARC_TURBO_FIELD_NUMBER: _ClassVar[int]
    LARS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LAYER_PRECISION_FIELD_NUMBER: _ClassVar[int]
    LAYER_WISE_REDUCE_FIELD_NUMBER: _ClassVar[int]
    LBFGS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LET_FIELD_NUMBER: _ClassVar[int]
    LINE_SEARCH_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOCAL_GW_RATIO_FIELD_NUMBER: _ClassVar[int]
    LOCAL_LR_AUTO_FIELD_NUMBER: _ClassVar[int]
    LOSS_SCALE_PARAM_FIELD_NUMBER: _ClassVar[int]
    LR_POLICY_FIELD_NUMBER: _ClassVar[int]
    MAX_EPOCH_FIELD_NUMBER: _ClassVar[int]
    MAX_ITER_FIELD_NUMBER: _ClassVar[int]
    MAX_TIME_FIELD_NUMBER: _ClassVar[int]
    MIN_LR_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM2_FIELD_NUMBER: _ClassVar[int]
    MOMENTUM_FIELD_NUMBER: _ClassVar[int]
    MUON_PARAM_FIELD_NUMBER: _ClassVar[int]
    NESTEROV: SolverParameter.SolverType
    NET_FIELD_NUMBER: _ClassVar[int]
    NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    NEWTON_CG_PARAM_FIELD_NUMBER: _ClassVar[int]
    NEWTON_PARAM_FIELD_NUMBER: _ClassVar[int]
    NONLINEAR_CG_PARAM_FIELD_NUMBER: _ClassVar[int]
    NON_FINITE_PARAM_FIELD_NUMBER: _ClassVar[int]
    ONE_CYCLE_PARAM_FIELD_NUMBER: _ClassVar[int]
    PLATEAU_PARAM_FIELD_NUMBER: _ClassVar[int]
    PLATEAU_WINSIZE_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    PRICE_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    RAMPUP_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    RAMPUP_LR_FIELD_NUMBER: _ClassVar[int]
    RANDOM_SEED_FIELD_NUMBER: _ClassVar[int]
    REGULARIZATION_TYPE_FIELD_NUMBER: _ClassVar[int]
    RMSPROP: SolverParameter.SolverType
    RMS_DECAY_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FREE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SCORE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SGD: SolverParameter.SolverType
    SHOW_PER_CLASS_RESULT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_AFTER_TRAIN_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_DIFF_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SOLVER_MODE_FIELD_NUMBER: _ClassVar[int]
    SOLVER_TYPE_FIELD_NUMBER: _ClassVar[int]
    STAGEITER_FIELD_NUMBER: _ClassVar[int]
    STAGELR_FIELD_NUMBER: _ClassVar[int]
    STEPSIZE_FIELD_NUMBER: _ClassVar[int]
    STEPVALUE_FIELD_NUMBER: _ClassVar[int]
    STORE_BLOBS_IN_OLD_FORMAT_FIELD_NUMBER: _ClassVar[int]
    TENSORBOARD_PARAM_FIELD_NUMBER: _ClassVar[int]
    TEST_COMPUTE_LOSS_FIELD_NUMBER: _ClassVar[int]
    TEST_EPOCH_FIELD_NUMBER: _ClassVar[int]
    TEST_INITIALIZATION_FIELD_NUMBER: _ClassVar[int]
    TEST_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    TEST_ITER_FIELD_NUMBER: _ClassVar[int]
    TEST_NET_FIELD_NUMBER: _ClassVar[int]
    TEST_NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    TEST_STATE_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    TRAIN_NET_FIELD_NUMBER: _ClassVar[int]
    TRAIN_NET_PARAM_FIELD_NUMBER: _ClassVar[int]
    TRAIN_STATE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    WARMUP_ITER_FIELD_NUMBER: _ClassVar[int]
    WARMUP_PARAM_FIELD_NUMBER: _ClassVar[int]
    WARMUP_START_LR_FIELD_NUMBER: _ClassVar[int]
    WATCH_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    adafactor_param: _solver_types_pb2.AdafactorParameter
    annealing_param: _solver_types_pb2.AnnealingParameter
    ap_version: str
    average_loss: int
    base_lr: float
    bfgs_param: _solver_types_pb2.BFGSParameter
    clamp_weights_lower: float
    clamp_weights_upper: float
    clip_gradients: float
    clip_weights: float
    cosine_param: CosineParameter
    debug_info: bool
    decoupled_weight_decay: bool
    delta: float
    device_id: int
    display: int
    distributed_param: _distributed_pb2.DistributedParameter
    early_stopping_param: EarlyStoppingParameter
    ema_param: EMAParameter
    engine: str
    engine_param: _engine_pb2.EngineParameter
    eval_type: str
    freeze: _containers.RepeatedScalarFieldContainer[str]
    gamma: float
    gauss_newton_param: _solver_types_pb2.GaussNewtonParameter
    gradient_noise_param: GradientNoiseParameter
    include: _containers.RepeatedScalarFieldContainer[str]
    iter_size: int
    keep_param: KeepParameter
    l1_ratio: float
    larc: bool
    larc_eta: float
    larc_policy: str
    larc_turbo: bool
    lars_param: LARSParameter
    layer_precision: _containers.RepeatedCompositeFieldContainer[LayerPrecisionParameter]
    layer_wise_reduce: bool
    lbfgs_param: LBFGSParameter
    let: Values
    line_search_param: LineSearchParameter
    local_gw_ratio: float
    local_lr_auto: bool
    loss_scale_param: LossScaleParameter
    lr_policy: str
    max_epoch: float
    max_iter: int
    max_time: float
    min_lr: float
    momentum: float
    momentum2: float
    muon_param: _solver_types_pb2.MuonParameter
    net: str
    net_param: NetParameter
    newton_cg_param: _solver_types_pb2.NewtonCGParameter
    newton_param: _solver_types_pb2.NewtonParameter
    non_finite_param: NonFiniteParameter
    nonlinear_cg_param: NonlinearCGParameter
    one_cycle_param: OneCycleParameter
    plateau_param: PlateauParameter
    plateau_winsize: _containers.RepeatedScalarFieldContainer[int]
    power: float
    precision: Precision
    price_per_hour: float
    publish: str
    rampup_interval: int
    rampup_lr: float
    random_seed: int
    regularization_type: str
    rms_decay: float
    schedule_free_param: _solver_types_pb2.ScheduleFreeParameter
    score_param: ScoreParameter
    show_per_class_result: bool
    snapshot: int
    snapshot_after_train: bool
    snapshot_diff: bool
    snapshot_format: SolverParameter.SnapshotFormat
    snapshot_prefix: str
    solver_mode: SolverParameter.SolverMode
    solver_type: SolverParameter.SolverType
    stageiter: _containers.RepeatedScalarFieldContainer[int]
    stagelr: _containers.RepeatedScalarFieldContainer[float]
    stepsize: int
    stepvalue: _containers.RepeatedScalarFieldContainer[int]
    store_blobs_in_old_format: bool
    tensorboard_param: TensorBoardParameter
    test_compute_loss: bool
    test_epoch: float
    test_initialization: bool
    test_interval: int
    test_iter: _containers.RepeatedScalarFieldContainer[int]
    test_net: _containers.RepeatedScalarFieldContainer[str]
    test_net_param: _containers.RepeatedCompositeFieldContainer[NetParameter]
    test_state: _containers.RepeatedCompositeFieldContainer[NetState]
    threads: int
    train_net: str
    train_net_param: NetParameter
    train_state: NetState
    type: str
    update: _containers.RepeatedCompositeFieldContainer[_update_pb2.UpdateParameter]
    warmup_iter: int
    warmup_param: WarmupParameter
    warmup_start_lr: float
    watch: _containers.RepeatedScalarFieldContainer[str]
    weight_decay: float
    weights: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, net: _Optional[str] = ..., net_param: _Optional[_Union[NetParameter, _Mapping]] = ..., train_net: _Optional[str] = ..., test_net: _Optional[_Iterable[str]] = ..., train_net_param: _Optional[_Union[NetParameter, _Mapping]] = ..., test_net_param: _Optional[_Iterable[_Union[NetParameter, _Mapping]]] = ..., train_state: _Optional[_Union[NetState, _Mapping]] = ..., test_state: _Optional[_Iterable[_Union[NetState, _Mapping]]] = ..., test_iter: _Optional[_Iterable[int]] = ..., test_interval: _Optional[int] = ..., test_compute_loss: bool = ..., test_initialization: bool = ..., base_lr: _Optional[float] = ..., display: _Optional[int] = ..., average_loss: _Optional[int] = ..., max_iter: _Optional[int] = ..., iter_size: _Optional[int] = ..., lr_policy: _Optional[str] = ..., gamma: _Optional[float] = ..., power: _Optional[float] = ..., momentum: _Optional[float] = ..., weight_decay: _Optional[float] = ..., regularization_type: _Optional[str] = ..., stepsize: _Optional[int] = ..., stepvalue: _Optional[_Iterable[int]] = ..., clip_gradients: _Optional[float] = ..., snapshot: _Optional[int] = ..., snapshot_prefix: _Optional[str] = ..., snapshot_diff: bool = ..., snapshot_format: _Optional[_Union[SolverParameter.SnapshotFormat, str]] = ..., solver_mode: _Optional[_Union[SolverParameter.SolverMode, str]] = ..., device_id: _Optional[int] = ..., random_seed: _Optional[int] = ..., type: _Optional[str] = ..., delta: _Optional[float] = ..., momentum2: _Optional[float] = ..., rms_decay: _Optional[float] = ..., debug_info: bool = ..., snapshot_after_train: bool = ..., solver_type: _Optional[_Union[SolverParameter.SolverType, str]] = ..., layer_wise_reduce: bool = ..., weights: _Optional[_Iterable[str]] = ..., publish: _Optional[str] = ..., decoupled_weight_decay: bool = ..., line_search_param: _Optional[_Union[LineSearchParameter, _Mapping]] = ..., lbfgs_param: _Optional[_Union[LBFGSParameter, _Mapping]] = ..., nonlinear_cg_param: _Optional[_Union[NonlinearCGParameter, _Mapping]] = ..., lars_param: _Optional[_Union[LARSParameter, _Mapping]] = ..., gradient_noise_param: _Optional[_Union[GradientNoiseParameter, _Mapping]] = ..., freeze: _Optional[_Iterable[str]] = ..., ema_param: _Optional[_Union[EMAParameter, _Mapping]] = ..., warmup_param: _Optional[_Union[WarmupParameter, _Mapping]] = ..., cosine_param: _Optional[_Union[CosineParameter, _Mapping]] = ..., one_cycle_param: _Optional[_Union[OneCycleParameter, _Mapping]] = ..., plateau_param: _Optional[_Union[PlateauParameter, _Mapping]] = ..., score_param: _Optional[_Union[ScoreParameter, _Mapping]] = ..., keep_param: _Optional[_Union[KeepParameter, _Mapping]] = ..., early_stopping_param: _Optional[_Union[EarlyStoppingParameter, _Mapping]] = ..., max_epoch: _Optional[float] = ..., test_epoch: _Optional[float] = ..., max_time: _Optional[float] = ..., precision: _Optional[_Union[Precision, str]] = ..., layer_precision: _Optional[_Iterable[_Union[LayerPrecisionParameter, _Mapping]]] = ..., loss_scale_param: _Optional[_Union[LossScaleParameter, _Mapping]] = ..., non_finite_param: _Optional[_Union[NonFiniteParameter, _Mapping]] = ..., distributed_param: _Optional[_Union[_distributed_pb2.DistributedParameter, _Mapping]] = ..., price_per_hour: _Optional[float] = ..., tensorboard_param: _Optional[_Union[TensorBoardParameter, _Mapping]] = ..., watch: _Optional[_Iterable[str]] = ..., engine_param: _Optional[_Union[_engine_pb2.EngineParameter, _Mapping]] = ..., threads: _Optional[int] = ..., eval_type: _Optional[str] = ..., ap_version: _Optional[str] = ..., show_per_class_result: bool = ..., plateau_winsize: _Optional[_Iterable[int]] = ..., stagelr: _Optional[_Iterable[float]] = ..., stageiter: _Optional[_Iterable[int]] = ..., warmup_iter: _Optional[int] = ..., warmup_start_lr: _Optional[float] = ..., rampup_interval: _Optional[int] = ..., rampup_lr: _Optional[float] = ..., local_lr_auto: bool = ..., local_gw_ratio: _Optional[float] = ..., larc: bool = ..., larc_policy: _Optional[str] = ..., larc_eta: _Optional[float] = ..., clip_weights: _Optional[float] = ..., clamp_weights_lower: _Optional[float] = ..., clamp_weights_upper: _Optional[float] = ..., min_lr: _Optional[float] = ..., engine: _Optional[str] = ..., store_blobs_in_old_format: bool = ..., larc_turbo: bool = ..., update: _Optional[_Iterable[_Union[_update_pb2.UpdateParameter, _Mapping]]] = ..., l1_ratio: _Optional[float] = ..., newton_param: _Optional[_Union[_solver_types_pb2.NewtonParameter, _Mapping]] = ..., newton_cg_param: _Optional[_Union[_solver_types_pb2.NewtonCGParameter, _Mapping]] = ..., gauss_newton_param: _Optional[_Union[_solver_types_pb2.GaussNewtonParameter, _Mapping]] = ..., bfgs_param: _Optional[_Union[_solver_types_pb2.BFGSParameter, _Mapping]] = ..., annealing_param: _Optional[_Union[_solver_types_pb2.AnnealingParameter, _Mapping]] = ..., muon_param: _Optional[_Union[_solver_types_pb2.MuonParameter, _Mapping]] = ..., adafactor_param: _Optional[_Union[_solver_types_pb2.AdafactorParameter, _Mapping]] = ..., schedule_free_param: _Optional[_Union[_solver_types_pb2.ScheduleFreeParameter, _Mapping]] = ..., include: _Optional[_Iterable[str]] = ..., let: _Optional[_Union[Values, _Mapping]] = ...) -> None: ...

class SolverState(_message.Message):
    __slots__ = ["current_step", "history", "iter", "learned_net"]
    CURRENT_STEP_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    ITER_FIELD_NUMBER: _ClassVar[int]
    LEARNED_NET_FIELD_NUMBER: _ClassVar[int]
    current_step: int
    history: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobProto]
    iter: int
    learned_net: str
    def __init__(self, iter: _Optional[int] = ..., learned_net: _Optional[str] = ..., history: _Optional[_Iterable[_Union[_common_pb2.BlobProto, _Mapping]]] = ..., current_step: _Optional[int] = ...) -> None: ...

class Subnet(_message.Message):
    __slots__ = ["arg", "doc", "layer", "let", "name"]
    ARG_FIELD_NUMBER: _ClassVar[int]
    DOC_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LET_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    arg: _containers.RepeatedCompositeFieldContainer[SubnetArgument]
    doc: str
    layer: _containers.RepeatedCompositeFieldContainer[LayerParameter]
    let: Values
    name: str
    def __init__(self, name: _Optional[str] = ..., doc: _Optional[str] = ..., arg: _Optional[_Iterable[_Union[SubnetArgument, _Mapping]]] = ..., let: _Optional[_Union[Values, _Mapping]] = ..., layer: _Optional[_Iterable[_Union[LayerParameter, _Mapping]]] = ...) -> None: ...

class SubnetArgument(_message.Message):
    __slots__ = ["default", "doc", "list", "name", "type"]
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ANY: SubnetArgument.Type
    BOOL: SubnetArgument.Type
    DEFAULT_FIELD_NUMBER: _ClassVar[int]
    DOC_FIELD_NUMBER: _ClassVar[int]
    FLOAT: SubnetArgument.Type
    INT: SubnetArgument.Type
    LIST_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STRING: SubnetArgument.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    default: str
    doc: str
    list: bool
    name: str
    type: SubnetArgument.Type
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[SubnetArgument.Type, str]] = ..., default: _Optional[str] = ..., list: bool = ..., doc: _Optional[str] = ...) -> None: ...

class SubnetParameter(_message.Message):
    __slots__ = ["axis", "body", "carry", "each", "else_body", "else_net", "feed_back", "last", "names", "net", "output", "per_sample", "share_params", "times", "truncate", "var"]
    class Names(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AS_WRITTEN: SubnetParameter.Names
    AXIS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CARRY_FIELD_NUMBER: _ClassVar[int]
    EACH_FIELD_NUMBER: _ClassVar[int]
    ELSE_BODY_FIELD_NUMBER: _ClassVar[int]
    ELSE_NET_FIELD_NUMBER: _ClassVar[int]
    FEED_BACK_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    NET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PATH: SubnetParameter.Names
    PER_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    SHARE_PARAMS_FIELD_NUMBER: _ClassVar[int]
    TIMES_FIELD_NUMBER: _ClassVar[int]
    TRUNCATE_FIELD_NUMBER: _ClassVar[int]
    VAR_FIELD_NUMBER: _ClassVar[int]
    WHILE_FIELD_NUMBER: _ClassVar[int]
    WITH_FIELD_NUMBER: _ClassVar[int]
    axis: int
    body: NetParameter
    carry: _containers.RepeatedCompositeFieldContainer[CarriedBlob]
    each: _containers.RepeatedScalarFieldContainer[str]
    else_body: NetParameter
    else_net: str
    feed_back: _containers.RepeatedCompositeFieldContainer[CarriedBlob]
    last: _containers.RepeatedScalarFieldContainer[str]
    names: SubnetParameter.Names
    net: str
    output: _containers.RepeatedScalarFieldContainer[str]
    per_sample: bool
    share_params: bool
    times: int
    truncate: int
    var: str
    def __init__(self, net: _Optional[str] = ..., output: _Optional[_Iterable[str]] = ..., times: _Optional[int] = ..., each: _Optional[_Iterable[str]] = ..., var: _Optional[str] = ..., share_params: bool = ..., names: _Optional[_Union[SubnetParameter.Names, str]] = ..., axis: _Optional[int] = ..., carry: _Optional[_Iterable[_Union[CarriedBlob, _Mapping]]] = ..., last: _Optional[_Iterable[str]] = ..., feed_back: _Optional[_Iterable[_Union[CarriedBlob, _Mapping]]] = ..., truncate: _Optional[int] = ..., else_net: _Optional[str] = ..., per_sample: bool = ..., body: _Optional[_Union[NetParameter, _Mapping]] = ..., else_body: _Optional[_Union[NetParameter, _Mapping]] = ..., **kwargs) -> None: ...

class SwishParameter(_message.Message):
    __slots__ = ["beta"]
    BETA_FIELD_NUMBER: _ClassVar[int]
    beta: float
    def __init__(self, beta: _Optional[float] = ...) -> None: ...

class TanHParameter(_message.Message):
    __slots__ = ["engine"]
    class Engine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CAFFE: TanHParameter.Engine
    CUDNN: TanHParameter.Engine
    DEFAULT: TanHParameter.Engine
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    engine: TanHParameter.Engine
    def __init__(self, engine: _Optional[_Union[TanHParameter.Engine, str]] = ...) -> None: ...

class TensorBoardParameter(_message.Message):
    __slots__ = ["filter_interval", "histogram_interval"]
    FILTER_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    HISTOGRAM_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    filter_interval: int
    histogram_interval: int
    def __init__(self, histogram_interval: _Optional[int] = ..., filter_interval: _Optional[int] = ...) -> None: ...

class ThresholdParameter(_message.Message):
    __slots__ = ["threshold"]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: float
    def __init__(self, threshold: _Optional[float] = ...) -> None: ...

class TileParameter(_message.Message):
    __slots__ = ["axis", "tiles"]
    AXIS_FIELD_NUMBER: _ClassVar[int]
    TILES_FIELD_NUMBER: _ClassVar[int]
    axis: int
    tiles: int
    def __init__(self, axis: _Optional[int] = ..., tiles: _Optional[int] = ...) -> None: ...

class Values(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class WarmupParameter(_message.Message):
    __slots__ = ["iterations", "shape", "start_factor"]
    class Shape(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    CONSTANT: WarmupParameter.Shape
    EXPONENTIAL: WarmupParameter.Shape
    ITERATIONS_FIELD_NUMBER: _ClassVar[int]
    LINEAR: WarmupParameter.Shape
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    START_FACTOR_FIELD_NUMBER: _ClassVar[int]
    iterations: int
    shape: WarmupParameter.Shape
    start_factor: float
    def __init__(self, iterations: _Optional[int] = ..., start_factor: _Optional[float] = ..., shape: _Optional[_Union[WarmupParameter.Shape, str]] = ...) -> None: ...

class WindowDataParameter(_message.Message):
    __slots__ = ["batch_size", "bg_threshold", "cache_images", "context_pad", "crop_mode", "crop_size", "fg_fraction", "fg_threshold", "mean_file", "mirror", "root_folder", "scale", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CACHE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_PAD_FIELD_NUMBER: _ClassVar[int]
    CROP_MODE_FIELD_NUMBER: _ClassVar[int]
    CROP_SIZE_FIELD_NUMBER: _ClassVar[int]
    FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    FG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MEAN_FILE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    bg_threshold: float
    cache_images: bool
    context_pad: int
    crop_mode: str
    crop_size: int
    fg_fraction: float
    fg_threshold: float
    mean_file: str
    mirror: bool
    root_folder: str
    scale: float
    source: str
    def __init__(self, source: _Optional[str] = ..., scale: _Optional[float] = ..., mean_file: _Optional[str] = ..., batch_size: _Optional[int] = ..., crop_size: _Optional[int] = ..., mirror: bool = ..., fg_threshold: _Optional[float] = ..., bg_threshold: _Optional[float] = ..., fg_fraction: _Optional[float] = ..., context_pad: _Optional[int] = ..., crop_mode: _Optional[str] = ..., cache_images: bool = ..., root_folder: _Optional[str] = ...) -> None: ...

class Precision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
