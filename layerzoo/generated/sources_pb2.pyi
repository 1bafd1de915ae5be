from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
ROI_BOXES: BoxLayout
SSD_BOXES: BoxLayout
YOLO_BOXES: BoxLayout

class AudioDataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "features", "hop", "mels", "sample_rate", "seconds", "source", "window"]
    class Features(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    HOP_FIELD_NUMBER: _ClassVar[int]
    LOG_MEL: AudioDataParameter.Features
    MELS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    WAVEFORM: AudioDataParameter.Features
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    features: AudioDataParameter.Features
    hop: int
    mels: int
    sample_rate: int
    seconds: float
    source: str
    window: int
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., seconds: _Optional[float] = ..., sample_rate: _Optional[int] = ..., features: _Optional[_Union[AudioDataParameter.Features, str]] = ..., mels: _Optional[int] = ..., window: _Optional[int] = ..., hop: _Optional[int] = ..., class_name: _Optional[_Iterable[str]] = ...) -> None: ...

class COCODataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "empty_images", "max_objects", "root_folder", "source", "target", "use_difficult"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    EMPTY_IMAGES_FIELD_NUMBER: _ClassVar[int]
    MAX_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    USE_DIFFICULT_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    empty_images: bool
    max_objects: int
    root_folder: str
    source: str
    target: BoxLayout
    use_difficult: bool
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., root_folder: _Optional[str] = ..., target: _Optional[_Union[BoxLayout, str]] = ..., max_objects: _Optional[int] = ..., class_name: _Optional[_Iterable[str]] = ..., use_difficult: bool = ..., empty_images: bool = ...) -> None: ...

class CSVDataParameter(_message.Message):
    __slots__ = ["batch_size", "column", "delimiter", "fitted_on", "header", "join", "key", "label", "root_folder", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    DELIMITER_FIELD_NUMBER: _ClassVar[int]
    FITTED_ON_FIELD_NUMBER: _ClassVar[int]
    HEADER_FIELD_NUMBER: _ClassVar[int]
    JOIN_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    ROOT_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    column: _containers.RepeatedCompositeFieldContainer[ColumnParameter]
    delimiter: str
    fitted_on: str
    header: bool
    join: str
    key: str
    label: _containers.RepeatedScalarFieldContainer[str]
    root_folder: str
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., delimiter: _Optional[str] = ..., header: bool = ..., label: _Optional[_Iterable[str]] = ..., column: _Optional[_Iterable[_Union[ColumnParameter, _Mapping]]] = ..., join: _Optional[str] = ..., key: _Optional[str] = ..., root_folder: _Optional[str] = ..., fitted_on: _Optional[str] = ...) -> None: ...

class ColumnParameter(_message.Message):
    __slots__ = ["category", "fill", "mean", "missing", "name", "std", "type"]
    class Missing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Type(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    AUTO: ColumnParameter.Missing
    CATEGORY: ColumnParameter.Type
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    CLASS: ColumnParameter.Type
    FILL_FIELD_NUMBER: _ClassVar[int]
    IGNORED: ColumnParameter.Type
    IMAGE: ColumnParameter.Type
    KEY: ColumnParameter.Type
    MEAN: ColumnParameter.Missing
    MEAN_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    MOST_FREQUENT: ColumnParameter.Missing
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER: ColumnParameter.Type
    OWN_CATEGORY: ColumnParameter.Missing
    STD_FIELD_NUMBER: _ClassVar[int]
    TARGET: ColumnParameter.Type
    TYPE_FIELD_NUMBER: _ClassVar[int]
    category: _containers.RepeatedScalarFieldContainer[str]
    fill: str
    mean: float
    missing: ColumnParameter.Missing
    name: str
    std: float
    type: ColumnParameter.Type
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[ColumnParameter.Type, str]] = ..., mean: _Optional[float] = ..., std: _Optional[float] = ..., category: _Optional[_Iterable[str]] = ..., missing: _Optional[_Union[ColumnParameter.Missing, str]] = ..., fill: _Optional[str] = ...) -> None: ...

class DrawnDataParameter(_message.Message):
    __slots__ = ["batch_size", "count", "frames", "length", "max_shapes", "min_length", "modes", "negatives", "noise", "part", "points", "rings", "seed", "size", "supporting", "symbols", "task", "time_first", "width", "window"]
    class Part(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_SHAPES_FIELD_NUMBER: _ClassVar[int]
    MIN_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MODES_FIELD_NUMBER: _ClassVar[int]
    NEGATIVES_FIELD_NUMBER: _ClassVar[int]
    NOISE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RINGS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SUPPORTING_FIELD_NUMBER: _ClassVar[int]
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TEST: DrawnDataParameter.Part
    TIME_FIRST_FIELD_NUMBER: _ClassVar[int]
    TRAIN: DrawnDataParameter.Part
    VAL: DrawnDataParameter.Part
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    count: int
    frames: int
    length: int
    max_shapes: int
    min_length: int
    modes: int
    negatives: int
    noise: float
    part: DrawnDataParameter.Part
    points: int
    rings: int
    seed: int
    size: int
    supporting: int
    symbols: int
    task: str
    time_first: bool
    width: int
    window: int
    def __init__(self, task: _Optional[str] = ..., batch_size: _Optional[int] = ..., count: _Optional[int] = ..., part: _Optional[_Union[DrawnDataParameter.Part, str]] = ..., seed: _Optional[int] = ..., time_first: bool = ..., length: _Optional[int] = ..., min_length: _Optional[int] = ..., width: _Optional[int] = ..., symbols: _Optional[int] = ..., points: _Optional[int] = ..., noise: _Optional[float] = ..., modes: _Optional[int] = ..., rings: _Optional[int] = ..., supporting: _Optional[int] = ..., frames: _Optional[int] = ..., size: _Optional[int] = ..., max_shapes: _Optional[int] = ..., window: _Optional[int] = ..., negatives: _Optional[int] = ...) -> None: ...

class FolderDataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., class_name: _Optional[_Iterable[str]] = ...) -> None: ...

class HuggingFaceDataParameter(_message.Message):
    __slots__ = ["batch_size", "image_column", "label_column", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COLUMN_FIELD_NUMBER: _ClassVar[int]
    LABEL_COLUMN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    image_column: str
    label_column: str
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., image_column: _Optional[str] = ..., label_column: _Optional[str] = ...) -> None: ...

class MaskDataParameter(_message.Message):
    __slots__ = ["batch_size", "binary", "class_file", "ignore_label", "image_folder", "image_set", "mask_folder", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    CLASS_FILE_FIELD_NUMBER: _ClassVar[int]
    IGNORE_LABEL_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FOLDER_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SET_FIELD_NUMBER: _ClassVar[int]
    MASK_FOLDER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    binary: bool
    class_file: str
    ignore_label: int
    image_folder: str
    image_set: str
    mask_folder: str
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., image_folder: _Optional[str] = ..., mask_folder: _Optional[str] = ..., class_file: _Optional[str] = ..., image_set: _Optional[str] = ..., ignore_label: _Optional[int] = ..., binary: bool = ...) -> None: ...

class SequenceDataParameter(_message.Message):
    __slots__ = ["batch_size", "column", "fitted_on", "label", "length", "max_length", "max_tokens", "mean", "next", "pad_left", "sequence_column", "shuffle", "source", "std", "time_first", "unit", "vocabulary", "vocabulary_param"]
    class Unit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BPE: SequenceDataParameter.Unit
    CHARACTER: SequenceDataParameter.Unit
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    FITTED_ON_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_LENGTH_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    PAD_LEFT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_COLUMN_FIELD_NUMBER: _ClassVar[int]
    SHUFFLE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STD_FIELD_NUMBER: _ClassVar[int]
    TIME_FIRST_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_PARAM_FIELD_NUMBER: _ClassVar[int]
    WORD: SequenceDataParameter.Unit
    batch_size: int
    column: _containers.RepeatedCompositeFieldContainer[ColumnParameter]
    fitted_on: str
    label: str
    length: int
    max_length: int
    max_tokens: int
    mean: _containers.RepeatedScalarFieldContainer[float]
    next: bool
    pad_left: bool
    sequence_column: str
    shuffle: bool
    source: str
    std: _containers.RepeatedScalarFieldContainer[float]
    time_first: bool
    unit: SequenceDataParameter.Unit
    vocabulary: str
    vocabulary_param: VocabularyParameter
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., length: _Optional[int] = ..., sequence_column: _Optional[str] = ..., label: _Optional[str] = ..., column: _Optional[_Iterable[_Union[ColumnParameter, _Mapping]]] = ..., fitted_on: _Optional[str] = ..., mean: _Optional[_Iterable[float]] = ..., std: _Optional[_Iterable[float]] = ..., time_first: bool = ..., pad_left: bool = ..., unit: _Optional[_Union[SequenceDataParameter.Unit, str]] = ..., vocabulary: _Optional[str] = ..., next: bool = ..., max_length: _Optional[int] = ..., shuffle: bool = ..., max_tokens: _Optional[int] = ..., vocabulary_param: _Optional[_Union[VocabularyParameter, _Mapping]] = ...) -> None: ...

class TextDataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "fitted_on", "label_column", "length", "lowercase", "max_tokens", "pad_left", "source", "stride", "task", "text_column", "time_first", "units", "vocabulary", "vocabulary_param", "whole_files"]
    class Task(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    class Units(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    BPE: TextDataParameter.Units
    CHARACTERS: TextDataParameter.Units
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    FITTED_ON_FIELD_NUMBER: _ClassVar[int]
    LABELLED_LINES: TextDataParameter.Task
    LABEL_COLUMN_FIELD_NUMBER: _ClassVar[int]
    LENGTH_FIELD_NUMBER: _ClassVar[int]
    LOWERCASE_FIELD_NUMBER: _ClassVar[int]
    MAX_TOKENS_FIELD_NUMBER: _ClassVar[int]
    NEXT_TOKEN: TextDataParameter.Task
    PAD_LEFT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    STRIDE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TEXT_COLUMN_FIELD_NUMBER: _ClassVar[int]
    TIME_FIRST_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_FIELD_NUMBER: _ClassVar[int]
    VOCABULARY_PARAM_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FILES_FIELD_NUMBER: _ClassVar[int]
    WORDS: TextDataParameter.Units
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    fitted_on: str
    label_column: str
    length: int
    lowercase: bool
    max_tokens: int
    pad_left: bool
    source: str
    stride: int
    task: TextDataParameter.Task
    text_column: str
    time_first: bool
    units: TextDataParameter.Units
    vocabulary: str
    vocabulary_param: VocabularyParameter
    whole_files: bool
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., length: _Optional[int] = ..., task: _Optional[_Union[TextDataParameter.Task, str]] = ..., units: _Optional[_Union[TextDataParameter.Units, str]] = ..., vocabulary: _Optional[str] = ..., max_tokens: _Optional[int] = ..., lowercase: bool = ..., stride: _Optional[int] = ..., time_first: bool = ..., pad_left: bool = ..., class_name: _Optional[_Iterable[str]] = ..., text_column: _Optional[str] = ..., label_column: _Optional[str] = ..., fitted_on: _Optional[str] = ..., whole_files: bool = ..., vocabulary_param: _Optional[_Union[VocabularyParameter, _Mapping]] = ...) -> None: ...

class VOCDataParameter(_message.Message):
    __slots__ = ["batch_size", "class_name", "empty_images", "image_set", "max_objects", "source", "target", "use_difficult"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_NAME_FIELD_NUMBER: _ClassVar[int]
    EMPTY_IMAGES_FIELD_NUMBER: _ClassVar[int]
    IMAGE_SET_FIELD_NUMBER: _ClassVar[int]
    MAX_OBJECTS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    USE_DIFFICULT_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_name: _containers.RepeatedScalarFieldContainer[str]
    empty_images: bool
    image_set: str
    max_objects: int
    source: str
    target: BoxLayout
    use_difficult: bool
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., image_set: _Optional[str] = ..., target: _Optional[_Union[BoxLayout, str]] = ..., max_objects: _Optional[int] = ..., class_name: _Optional[_Iterable[str]] = ..., use_difficult: bool = ..., empty_images: bool = ...) -> None: ...

class VocabularyParameter(_message.Message):
    __slots__ = ["lowercase", "merge", "token", "units"]
    LOWERCASE_FIELD_NUMBER: _ClassVar[int]
    MERGE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    lowercase: bool
    merge: _containers.RepeatedScalarFieldContainer[str]
    token: _containers.RepeatedScalarFieldContainer[str]
    units: TextDataParameter.Units
    def __init__(self, units: _Optional[_Union[TextDataParameter.Units, str]] = ..., lowercase: bool = ..., token: _Optional[_Iterable[str]] = ..., merge: _Optional[_Iterable[str]] = ...) -> None: ...

class WebDatasetParameter(_message.Message):
    __slots__ = ["batch_size", "class_file", "label_suffix", "source"]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CLASS_FILE_FIELD_NUMBER: _ClassVar[int]
    LABEL_SUFFIX_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    batch_size: int
    class_file: str
    label_suffix: str
    source: str
    def __init__(self, source: _Optional[str] = ..., batch_size: _Optional[int] = ..., label_suffix: _Optional[str] = ..., class_file: _Optional[str] = ...) -> None: ...

class BoxLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []
