from layerzoo.generated import layerzoo_pb2 as _layerzoo_pb2
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
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Convolution3DParameter(_message.Message):
    __slots__ = ["bias_filler", "bias_term", "filter_group", "group", "kernel_depth", "kernel_size", "num_output", "pad", "stride", "temporal_pad", "temporal_stride", "weight_filler"]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BIAS_TERM_FIELD_NUMBER: _ClassVar[int]
    FILTER_GROUP_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_PAD_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    bias_filler: _common_pb2.FillerParameter
    bias_term: bool
    filter_group: int
    group: int
    kernel_depth: int
    kernel_size: int
    num_output: int
    pad: int
    stride: int
    temporal_pad: int
    temporal_stride: int
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, num_output: _Optional[int] = ..., bias_term: bool = ..., pad: _Optional[int] = ..., kernel_size: _Optional[int] = ..., group: _Optional[int] = ..., kernel_depth: _Optional[int] = ..., stride: _Optional[int] = ..., temporal_stride: _Optional[int] = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., filter_group: _Optional[int] = ..., temporal_pad: _Optional[int] = ...) -> None: ...

class LegacyNetParameter(_message.Message):
    __slots__ = ["debug_info", "force_backward", "input", "input_dim", "input_shape", "layer", "layers", "name", "state"]
    DEBUG_INFO_FIELD_NUMBER: _ClassVar[int]
    FORCE_BACKWARD_FIELD_NUMBER: _ClassVar[int]
    INPUT_DIM_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    INPUT_SHAPE_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    debug_info: bool
    force_backward: bool
    input: _containers.RepeatedScalarFieldContainer[str]
    input_dim: _containers.RepeatedScalarFieldContainer[int]
    input_shape: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobShape]
    layer: _containers.RepeatedCompositeFieldContainer[_layerzoo_pb2.LayerParameter]
    layers: _containers.RepeatedCompositeFieldContainer[V1LayerParameter]
    name: str
    state: _layerzoo_pb2.NetState
    def __init__(self, name: _Optional[str] = ..., input: _Optional[_Iterable[str]] = ..., input_shape: _Optional[_Iterable[_Union[_common_pb2.BlobShape, _Mapping]]] = ..., input_dim: _Optional[_Iterable[int]] = ..., force_backward: bool = ..., state: _Optional[_Union[_layerzoo_pb2.NetState, _Mapping]] = ..., debug_info: bool = ..., layer: _Optional[_Iterable[_Union[_layerzoo_pb2.LayerParameter, _Mapping]]] = ..., layers: _Optional[_Iterable[_Union[V1LayerParameter, _Mapping]]] = ...) -> None: ...

class Pooling3DParameter(_message.Message):
    __slots__ = ["kernel_depth", "kernel_size", "pad", "pool", "stride", "temporal_stride"]
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AVE: Pooling3DParameter.PoolMethod
    KERNEL_DEPTH_FIELD_NUMBER: _ClassVar[int]
    KERNEL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX: Pooling3DParameter.PoolMethod
    PAD_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    STOCHASTIC: Pooling3DParameter.PoolMethod
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_STRIDE_FIELD_NUMBER: _ClassVar[int]
    kernel_depth: int
    kernel_size: int
    pad: int
    pool: Pooling3DParameter.PoolMethod
    stride: int
    temporal_stride: int
    def __init__(self, pool: _Optional[_Union[Pooling3DParameter.PoolMethod, str]] = ..., kernel_size: _Optional[int] = ..., stride: _Optional[int] = ..., pad: _Optional[int] = ..., kernel_depth: _Optional[int] = ..., temporal_stride: _Optional[int] = ...) -> None: ...

class V0LayerParameter(_message.Message):
    __slots__ = ["alpha", "batchsize", "beta", "bias_filler", "biasterm", "blobs", "blobs_lr", "concat_dim", "cropsize", "det_bg_threshold", "det_context_pad", "det_crop_mode", "det_fg_fraction", "det_fg_threshold", "dropout_ratio", "group", "hdf5_output_param", "k", "kernelsize", "local_size", "meanfile", "mirror", "name", "new_channels", "new_height", "new_num", "new_width", "num_output", "pad", "pool", "rand_skip", "scale", "shuffle_images", "source", "stride", "type", "weight_decay", "weight_filler"]
    class PoolMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    AVE: V0LayerParameter.PoolMethod
    BATCHSIZE_FIELD_NUMBER: _ClassVar[int]
    BETA_FIELD_NUMBER: _ClassVar[int]
    BIASTERM_FIELD_NUMBER: _ClassVar[int]
    BIAS_FILLER_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    BLOBS_LR_FIELD_NUMBER: _ClassVar[int]
    CONCAT_DIM_FIELD_NUMBER: _ClassVar[int]
    CROPSIZE_FIELD_NUMBER: _ClassVar[int]
    DET_BG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DET_CONTEXT_PAD_FIELD_NUMBER: _ClassVar[int]
    DET_CROP_MODE_FIELD_NUMBER: _ClassVar[int]
    DET_FG_FRACTION_FIELD_NUMBER: _ClassVar[int]
    DET_FG_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_RATIO_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    KERNELSIZE_FIELD_NUMBER: _ClassVar[int]
    K_FIELD_NUMBER: _ClassVar[int]
    LOCAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX: V0LayerParameter.PoolMethod
    MEANFILE_FIELD_NUMBER: _ClassVar[int]
    MIRROR_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEW_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    NEW_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEW_NUM_FIELD_NUMBER: _ClassVar[int]
    NEW_WIDTH_FIELD_NUMBER: _ClassVar[int]
    NUM_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    PAD_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    RAND_SKIP_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STOCHASTIC: V0LayerParameter.PoolMethod
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FILLER_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    batchsize: int
    beta: float
    bias_filler: _common_pb2.FillerParameter
    biasterm: bool
    blobs: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobProto]
    blobs_lr: _containers.RepeatedScalarFieldContainer[float]
    concat_dim: int
    cropsize: int
    det_bg_threshold: float
    det_context_pad: int
    det_crop_mode: str
    det_fg_fraction: float
    det_fg_threshold: float
    dropout_ratio: float
    group: int
    hdf5_output_param: _layerzoo_pb2.HDF5OutputParameter
    k: float
    kernelsize: int
    local_size: int
    meanfile: str
    mirror: bool
    name: str
    new_channels: int
    new_height: int
    new_num: int
    new_width: int
    num_output: int
    pad: int
    pool: V0LayerParameter.PoolMethod
    rand_skip: int
    scale: float
    shuffle_images: bool
    source: str
    stride: int
    type: str
    weight_decay: _containers.RepeatedScalarFieldContainer[float]
    weight_filler: _common_pb2.FillerParameter
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., num_output: _Optional[int] = ..., biasterm: bool = ..., weight_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., bias_filler: _Optional[_Union[_common_pb2.FillerParameter, _Mapping]] = ..., pad: _Optional[int] = ..., kernelsize: _Optional[int] = ..., group: _Optional[int] = ..., stride: _Optional[int] = ..., pool: _Optional[_Union[V0LayerParameter.PoolMethod, str]] = ..., dropout_ratio: _Optional[float] = ..., local_size: _Optional[int] = ..., alpha: _Optional[float] = ..., beta: _Optional[float] = ..., k: _Optional[float] = ..., source: _Optional[str] = ..., scale: _Optional[float] = ..., meanfile: _Optional[str] = ..., batchsize: _Optional[int] = ..., cropsize: _Optional[int] = ..., mirror: bool = ..., blobs: _Optional[_Iterable[_Union[_common_pb2.BlobProto, _Mapping]]] = ..., blobs_lr: _Optional[_Iterable[float]] = ..., weight_decay: _Optional[_Iterable[float]] = ..., rand_skip: _Optional[int] = ..., det_fg_threshold: _Optional[float] = ..., det_bg_threshold: _Optional[float] = ..., det_fg_fraction: _Optional[float] = ..., det_context_pad: _Optional[int] = ..., det_crop_mode: _Optional[str] = ..., new_num: _Optional[int] = ..., new_channels: _Optional[int] = ..., new_height: _Optional[int] = ..., new_width: _Optional[int] = ..., shuffle_images: bool = ..., concat_dim: _Optional[int] = ..., hdf5_output_param: _Optional[_Union[_layerzoo_pb2.HDF5OutputParameter, _Mapping]] = ...) -> None: ...

class V1LayerParameter(_message.Message):
    __slots__ = ["accuracy_param", "argmax_param", "blob_share_mode", "blobs", "blobs_lr", "bottom", "concat_param", "contrastive_loss_param", "convolution3d_param", "convolution_param", "data_param", "dropout_param", "dummy_data_param", "eltwise_param", "exclude", "exp_param", "hdf5_data_param", "hdf5_output_param", "hinge_loss_param", "image_data_param", "include", "infogain_loss_param", "inner_product_param", "layer", "loss_param", "loss_weight", "lrn_param", "memory_data_param", "mvn_param", "name", "param", "pooling3d_param", "pooling_param", "power_param", "relu_param", "sigmoid_param", "slice_param", "softmax_param", "tanh_param", "threshold_param", "top", "transform_param", "type", "weight_decay", "window_data_param"]
    class DimCheckMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class LayerType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    ABSVAL: V1LayerParameter.LayerType
    ACCURACY: V1LayerParameter.LayerType
    ACCURACY_PARAM_FIELD_NUMBER: _ClassVar[int]
    ARGMAX: V1LayerParameter.LayerType
    ARGMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    BLOBS_FIELD_NUMBER: _ClassVar[int]
    BLOBS_LR_FIELD_NUMBER: _ClassVar[int]
    BLOB_SHARE_MODE_FIELD_NUMBER: _ClassVar[int]
    BNLL: V1LayerParameter.LayerType
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    CONCAT: V1LayerParameter.LayerType
    CONCAT_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONTRASTIVE_LOSS: V1LayerParameter.LayerType
    CONTRASTIVE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION: V1LayerParameter.LayerType
    CONVOLUTION3D_PARAM_FIELD_NUMBER: _ClassVar[int]
    CONVOLUTION_PARAM_FIELD_NUMBER: _ClassVar[int]
    DATA: V1LayerParameter.LayerType
    DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    DECONVOLUTION: V1LayerParameter.LayerType
    DROPOUT: V1LayerParameter.LayerType
    DROPOUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    DUMMY_DATA: V1LayerParameter.LayerType
    DUMMY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    ELTWISE: V1LayerParameter.LayerType
    ELTWISE_PARAM_FIELD_NUMBER: _ClassVar[int]
    EUCLIDEAN_LOSS: V1LayerParameter.LayerType
    EXCLUDE_FIELD_NUMBER: _ClassVar[int]
    EXP: V1LayerParameter.LayerType
    EXP_PARAM_FIELD_NUMBER: _ClassVar[int]
    FLATTEN: V1LayerParameter.LayerType
    HDF5_DATA: V1LayerParameter.LayerType
    HDF5_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    HDF5_OUTPUT: V1LayerParameter.LayerType
    HDF5_OUTPUT_PARAM_FIELD_NUMBER: _ClassVar[int]
    HINGE_LOSS: V1LayerParameter.LayerType
    HINGE_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    IM2COL: V1LayerParameter.LayerType
    IMAGE_DATA: V1LayerParameter.LayerType
    IMAGE_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_FIELD_NUMBER: _ClassVar[int]
    INFOGAIN_LOSS: V1LayerParameter.LayerType
    INFOGAIN_LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    INNER_PRODUCT: V1LayerParameter.LayerType
    INNER_PRODUCT_PARAM_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    LOSS_PARAM_FIELD_NUMBER: _ClassVar[int]
    LOSS_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    LRN: V1LayerParameter.LayerType
    LRN_PARAM_FIELD_NUMBER: _ClassVar[int]
    MEMORY_DATA: V1LayerParameter.LayerType
    MEMORY_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    MULTINOMIAL_LOGISTIC_LOSS: V1LayerParameter.LayerType
    MVN: V1LayerParameter.LayerType
    MVN_PARAM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NONE: V1LayerParameter.LayerType
    PARAM_FIELD_NUMBER: _ClassVar[int]
    PERMISSIVE: V1LayerParameter.DimCheckMode
    POOLING: V1LayerParameter.LayerType
    POOLING3D_PARAM_FIELD_NUMBER: _ClassVar[int]
    POOLING_PARAM_FIELD_NUMBER: _ClassVar[int]
    POWER: V1LayerParameter.LayerType
    POWER_PARAM_FIELD_NUMBER: _ClassVar[int]
    RELU: V1LayerParameter.LayerType
    RELU_PARAM_FIELD_NUMBER: _ClassVar[int]
    SIGMOID: V1LayerParameter.LayerType
    SIGMOID_CROSS_ENTROPY_LOSS: V1LayerParameter.LayerType
    SIGMOID_PARAM_FIELD_NUMBER: _ClassVar[int]
    SILENCE: V1LayerParameter.LayerType
    SLICE: V1LayerParameter.LayerType
    SLICE_PARAM_FIELD_NUMBER: _ClassVar[int]
    SOFTMAX: V1LayerParameter.LayerType
    SOFTMAX_LOSS: V1LayerParameter.LayerType
    SOFTMAX_PARAM_FIELD_NUMBER: _ClassVar[int]
    SPLIT: V1LayerParameter.LayerType
    STRICT: V1LayerParameter.DimCheckMode
    TANH: V1LayerParameter.LayerType
    TANH_PARAM_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD: V1LayerParameter.LayerType
    THRESHOLD_PARAM_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    TRANSFORM_PARAM_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_DECAY_FIELD_NUMBER: _ClassVar[int]
    WINDOW_DATA: V1LayerParameter.LayerType
    WINDOW_DATA_PARAM_FIELD_NUMBER: _ClassVar[int]
    accuracy_param: _layerzoo_pb2.AccuracyParameter
    argmax_param: _layerzoo_pb2.ArgMaxParameter
    blob_share_mode: _containers.RepeatedScalarFieldContainer[V1LayerParameter.DimCheckMode]
    blobs: _containers.RepeatedCompositeFieldContainer[_common_pb2.BlobProto]
    blobs_lr: _containers.RepeatedScalarFieldContainer[float]
    bottom: _containers.RepeatedScalarFieldContainer[str]
    concat_param: _layerzoo_pb2.ConcatParameter
    contrastive_loss_param: _layerzoo_pb2.ContrastiveLossParameter
    convolution3d_param: Convolution3DParameter
    convolution_param: _layerzoo_pb2.ConvolutionParameter
    data_param: _layerzoo_pb2.DataParameter
    dropout_param: _layerzoo_pb2.DropoutParameter
    dummy_data_param: _layerzoo_pb2.DummyDataParameter
    eltwise_param: _layerzoo_pb2.EltwiseParameter
    exclude: _containers.RepeatedCompositeFieldContainer[_layerzoo_pb2.NetStateRule]
    exp_param: _layerzoo_pb2.ExpParameter
    hdf5_data_param: _layerzoo_pb2.HDF5DataParameter
    hdf5_output_param: _layerzoo_pb2.HDF5OutputParameter
    hinge_loss_param: _layerzoo_pb2.HingeLossParameter
    image_data_param: _layerzoo_pb2.ImageDataParameter
    include: _containers.RepeatedCompositeFieldContainer[_layerzoo_pb2.NetStateRule]
    infogain_loss_param: _layerzoo_pb2.InfogainLossParameter
    inner_product_param: _layerzoo_pb2.InnerProductParameter
    layer: V0LayerParameter
    loss_param: _layerzoo_pb2.LossParameter
    loss_weight: _containers.RepeatedScalarFieldContainer[float]
    lrn_param: _layerzoo_pb2.LRNParameter
    memory_data_param: _layerzoo_pb2.MemoryDataParameter
    mvn_param: _layerzoo_pb2.MVNParameter
    name: str
    param: _containers.RepeatedScalarFieldContainer[str]
    pooling3d_param: Pooling3DParameter
    pooling_param: _layerzoo_pb2.PoolingParameter
    power_param: _layerzoo_pb2.PowerParameter
    relu_param: _layerzoo_pb2.ReLUParameter
    sigmoid_param: _layerzoo_pb2.SigmoidParameter
    slice_param: _layerzoo_pb2.SliceParameter
    softmax_param: _layerzoo_pb2.SoftmaxParameter
    tanh_param: _layerzoo_pb2.TanHParameter
    threshold_param: _layerzoo_pb2.ThresholdParameter
    top: _containers.RepeatedScalarFieldContainer[str]
    transform_param: _transform_pb2.TransformationParameter
    type: V1LayerParameter.LayerType
    weight_decay: _containers.RepeatedScalarFieldContainer[float]
    window_data_param: _layerzoo_pb2.WindowDataParameter
    def __init__(self, bottom: _Optional[_Iterable[str]] = ..., top: _Optional[_Iterable[str]] = ..., name: _Optional[str] = ..., include: _Optional[_Iterable[_Union[_layerzoo_pb2.NetStateRule, _Mapping]]] = ..., exclude: _Optional[_Iterable[_Union[_layerzoo_pb2.NetStateRule, _Mapping]]] = ..., type: _Optional[_Union[V1LayerParameter.LayerType, str]] = ..., blobs: _Optional[_Iterable[_Union[_common_pb2.BlobProto, _Mapping]]] = ..., param: _Optional[_Iterable[str]] = ..., blob_share_mode: _Optional[_Iterable[_Union[V1LayerParameter.DimCheckMode, str]]] = ..., blobs_lr: _Optional[_Iterable[float]] = ..., weight_decay: _Optional[_Iterable[float]] = ..., loss_weight: _Optional[_Iterable[float]] = ..., accuracy_param: _Optional[_Union[_layerzoo_pb2.AccuracyParameter, _Mapping]] = ..., argmax_param: _Optional[_Union[_layerzoo_pb2.ArgMaxParameter, _Mapping]] = ..., concat_param: _Optional[_Union[_layerzoo_pb2.ConcatParameter, _Mapping]] = ..., contrastive_loss_param: _Optional[_Union[_layerzoo_pb2.ContrastiveLossParameter, _Mapping]] = ..., convolution_param: _Optional[_Union[_layerzoo_pb2.ConvolutionParameter, _Mapping]] = ..., data_param: _Optional[_Union[_layerzoo_pb2.DataParameter, _Mapping]] = ..., dropout_param: _Optional[_Union[_layerzoo_pb2.DropoutParameter, _Mapping]] = ..., dummy_data_param: _Optional[_Union[_layerzoo_pb2.DummyDataParameter, _Mapping]] = ..., eltwise_param: _Optional[_Union[_layerzoo_pb2.EltwiseParameter, _Mapping]] = ..., exp_param: _Optional[_Union[_layerzoo_pb2.ExpParameter, _Mapping]] = ..., hdf5_data_param: _Optional[_Union[_layerzoo_pb2.HDF5DataParameter, _Mapping]] = ..., hdf5_output_param: _Optional[_Union[_layerzoo_pb2.HDF5OutputParameter, _Mapping]] = ..., hinge_loss_param: _Optional[_Union[_layerzoo_pb2.HingeLossParameter, _Mapping]] = ..., image_data_param: _Optional[_Union[_layerzoo_pb2.ImageDataParameter, _Mapping]] = ..., infogain_loss_param: _Optional[_Union[_layerzoo_pb2.InfogainLossParameter, _Mapping]] = ..., inner_product_param: _Optional[_Union[_layerzoo_pb2.InnerProductParameter, _Mapping]] = ..., lrn_param: _Optional[_Union[_layerzoo_pb2.LRNParameter, _Mapping]] = ..., memory_data_param: _Optional[_Union[_layerzoo_pb2.MemoryDataParameter, _Mapping]] = ..., mvn_param: _Optional[_Union[_layerzoo_pb2.MVNParameter, _Mapping]] = ..., pooling_param: _Optional[_Union[_layerzoo_pb2.PoolingParameter, _Mapping]] = ..., power_param: _Optional[_Union[_layerzoo_pb2.PowerParameter, _Mapping]] = ..., relu_param: _Optional[_Union[_layerzoo_pb2.ReLUParameter, _Mapping]] = ..., sigmoid_param: _Optional[_Union[_layerzoo_pb2.SigmoidParameter, _Mapping]] = ..., softmax_param: _Optional[_Union[_layerzoo_pb2.SoftmaxParameter, _Mapping]] = ..., slice_param: _Optional[_Union[_layerzoo_pb2.SliceParameter, _Mapping]] = ..., tanh_param: _Optional[_Union[_layerzoo_pb2.TanHParameter, _Mapping]] = ..., threshold_param: _Optional[_Union[_layerzoo_pb2.ThresholdParameter, _Mapping]] = ..., window_data_param: _Optional[_Union[_layerzoo_pb2.WindowDataParameter, _Mapping]] = ..., transform_param: _Optional[_Union[_transform_pb2.TransformationParameter, _Mapping]] = ..., loss_param: _Optional[_Union[_layerzoo_pb2.LossParameter, _Mapping]] = ..., layer: _Optional[_Union[V0LayerParameter, _Mapping]] = ..., convolution3d_param: _Optional[_Union[Convolution3DParameter, _Mapping]] = ..., pooling3d_param: _Optional[_Union[Pooling3DParameter, _Mapping]] = ...) -> None: ...
