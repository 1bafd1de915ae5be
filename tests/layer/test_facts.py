from __future__ import annotations

import pytest
import torch

from layerzoo.contract.example import example_of, run
from layerzoo.errors import ContractError, ExportError
from layerzoo.layer import LAYERS
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

TYPES = [name for name in LAYERS if LAYERS[name].__module__.startswith("layerzoo.layers.")]


@pytest.mark.parametrize(
    ("fact", "types"),
    [
        (
            "higher_is_better",
            {"Accuracy", "DetectionEvaluate", "LabelsequenceAccuracy", "MeanIOU", "SegAccuracy"}
            | {"SegmentationEvaluate"},
        ),
        ("gives_probabilities", {"Sigmoid", "Softmax"}),
        ("writes_files", {"HDF5Output"}),
        ("self_contained", {"DummyData"}),
        (
            "reads_images",
            {"Data", "Dataset", "ImageData", "WindowData", "AnnotatedData", "DenseImageData", "ImageSegData"}
            | {"ROIData", "VideoData", "COCOData", "FolderData", "HuggingFaceData", "MaskData", "VOCData"}
            | {"WebDataset", "CSVData"},
        ),
        ("time_first", {"GRU", "LSTM", "RNN"}),
        ("has_filters", {"Convolution", "ConvolutionDepthwise", "DepthwiseConvolution"}),
        ("any_shapes", {"HDF5Data"}),
        ("evaluates_detections", {"DetectionEvaluate"}),
        ("counts_pixels", {"MeanIOU"}),
        ("mixes_images", {"YoloDetectionOutput", "Yolov3DetectionOutput"}),
    ],
)
def test_facts_are_stated_by_these_types(fact: str, types: set[str]) -> None:
    assert {name for name in TYPES if getattr(LAYERS[name], fact)} == types


def test_fixed_buffers_are_not_changed_by_passes() -> None:
    declaring = [LAYERS[name] for name in TYPES if LAYERS[name].fixed_buffers]
    assert len(declaring) >= 15
    ran = 0
    for kind in declaring:
        try:
            example = example_of(kind)
        except ContractError:  # its bottoms have shapes that no example has
            continue
        ran += 1
        for training in (True, False):
            layer = example.layer().train(training)
            before = {name: buffer.clone() for name, buffer in layer.named_buffers()}
            run(layer, example.bottoms)
            after = dict(layer.named_buffers())
            for name in before.keys() & set(layer.fixed_buffers):  # some are there with some fields only
                assert torch.equal(after[name], before[name]), f"{kind.type_name}.{name}"
    assert ran >= 5


def test_deployed_is_what_a_net_needs_for_its_predictions() -> None:
    scores = {
        "Accuracy",
        "DetectionEvaluate",
        "EditDistance",
        "EvalDetection",
        "LabelsequenceAccuracy",
        "MeanIOU",
    }
    scores |= {"SegAccuracy", "SegmentationEvaluate"}
    assert {name for name in TYPES if not LAYERS[name].deployed} == scores | {"HDF5Output", "Silence"}
    found = {name: LAYERS[name].prediction for name in TYPES if LAYERS[name].prediction}
    softmax = dict.fromkeys(("FocalLoss", "SoftmaxWithLoss", "SoftmaxWithLossOHEM"), "Softmax")
    assert found == softmax | {"SigmoidCrossEntropyLoss": "Sigmoid"}
    assert all(LAYERS[kind].gives_probabilities for kind in found.values())


def test_class_axis_is_that_of_the_own_message() -> None:
    param = LayerParameter(
        softmax_param={"axis": 2}, infogain_loss_param={"axis": 3}, accuracy_param={"axis": 4}
    )
    axes = {name: LAYERS[name].class_axis(param) for name in TYPES}
    assert {name: axis for name, axis in axes.items() if axis is not None} == {
        "Accuracy": 4,
        "FocalLoss": 2,
        "GeneralContrastiveLoss": 1,
        "GeneralTripletLoss": 1,
        "HingeLoss": 1,
        "InfogainLoss": 3,
        "MeanIOU": 1,
        "MultinomialLogisticLoss": 1,
        "NCALoss": 1,
        "PolicyGradientLoss": 1,
        "SegAccuracy": 1,
        "SoftContrastiveLoss": 1,
        "SoftmaxWithLoss": 2,
        "SoftmaxWithLossOHEM": 2,
    }


def test_declared_batch_is_what_the_config_gives() -> None:
    sizes = {"batch_size": 2, "channels": 3, "height": 4, "width": 5}
    param = LayerParameter(memory_data_param=sizes)
    assert {name: LAYERS[name].declared_batch(param) for name in ("MemoryData", "Data")} == {
        "MemoryData": (2, 3, 4, 5),
        "Data": None,
    }


@pytest.mark.parametrize(
    ("kind", "bottom", "bound"),
    [
        ("SoftmaxWithLoss", 1, 5),
        ("SoftmaxWithLoss", 0, None),
        ("Embed", 0, 7),
        ("BatchReindex", 1, 4),
        ("ContrastiveLoss", 2, 2),
        ("Filter", 2, 2),
        ("Filter", 1, None),
        ("LSTM", 1, 2),
        ("RNN", 1, 2),
        ("LSTMUnit", 2, 2),
        ("SigmoidCrossEntropyLoss", 1, 2),
        ("ReLU", 0, None),
    ],
)
def test_value_bound(kind: str, bottom: int, bound: int | None) -> None:
    param = LayerParameter(embed_param={"input_dim": 7}, recurrent_param={"num_output": 3})
    shapes = [(4, 5, 2), (4, 5)] if kind in {"LSTM", "RNN"} else [(4, 5), (4, 5), (4,)]
    assert LAYERS[kind].value_bound(param, bottom, shapes) == bound


def test_value_bound_of_scores_without_the_axis_of_classes_is_unknown() -> None:
    assert LAYERS["SoftmaxWithLoss"].value_bound(LayerParameter(), 1, [(), ()]) is None


def test_as_python_is_refused_where_a_type_does_not_state_it() -> None:
    param = LayerParameter(name="a", bottom=["x"], top=["y"])
    layer = LAYERS["Arccos"](param, [(2, 3)])
    with pytest.raises(ExportError, match="type 'Arccos' can't be written as Python"):
        layer.as_python(PythonSource(), Operands(["x"], [(2, 3)], [(2, 1)]))
