"""Examining one config file."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.survey import Limits, Row, examine

NET = """
layer { name: "d" type: "Data" top: "x" top: "l" data_param { source: "no/where" batch_size: 8 }
  transform_param { crop_size: 12 } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "b" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "f" type: "InnerProduct" bottom: "c" top: "f" inner_product_param { num_output: 5 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "f" bottom: "l" top: "loss" }
"""


@pytest.fixture
def look(tmp_path: Path):
    def look(text: str, name: str = "net.prototxt", **how: object) -> Row:
        path = tmp_path / name
        path.write_text(text)
        return examine(path, **how)  # type: ignore[arg-type]

    return look


def reached(row: Row) -> tuple[bool, bool | None, bool | None]:
    return row.parsed, row.built, row.ran


def test_net_runs_without_its_data(look) -> None:
    row = look(NET)
    assert reached(row) == (True, True, True)
    assert (row.kind, row.why, row.upgraded) == ("net", "", "")
    assert row.notes == ["8x3x12x12, 8 for Data 'd'"]
    assert row.params == 2 * 3 * 9 + 2 + 5 + 5 * 200 + 5


def test_upgraded_net_lists_its_upgrades(look) -> None:
    row = look('input: "x" input_dim: 1 input_dim: 2 input_dim: 3 input_dim: 3\n'
               'layers { name: "r" type: RELU bottom: "x" top: "y" }')  # fmt: skip
    assert reached(row) == (True, True, True)
    assert row.upgraded == "1 layer of format V1; input fields to a layer of type Input"


def test_files_that_do_not_parse_are_reported(look) -> None:
    row = look("layer {\n  nam: 'x'\n}")
    assert reached(row) == (False, None, None)
    assert row.why.startswith("2: unknown field 'nam' in a layer")
    row = look("layer { name: }")
    assert reached(row) == (False, None, None)
    assert row.why


def test_nets_that_do_not_build_are_reported(look) -> None:
    row = look(NET + 'layer { name: "s" type: "Frobnicate" bottom: "c" top: "s" }')
    assert reached(row) == (True, False, None)
    assert row.why.startswith("9: unknown layer type 'Frobnicate'")
    assert row.unknown_types == ["Frobnicate"]
    lenient = look(NET + 'layer { name: "s" type: "Frobnicate" bottom: "c" top: "s" }', lenient=True)
    assert reached(lenient) == (True, True, True)
    assert "left out: layer 's': unknown layer type 'Frobnicate'" in lenient.notes


def test_non_finite_outputs_are_reported(look) -> None:
    row = look('layer { type: "Input" top: "x" input_param { shape { dim: 9 dim: 9 } } }\n'
               'layer { type: "Log" bottom: "x" top: "y" }')  # fmt: skip
    assert reached(row) == (True, True, False)
    assert row.why == "TEST: 'y' is not finite"


def test_outputs_that_overflow_are_finite_on_small_inputs(look) -> None:
    row = look('layer { type: "Input" top: "x" input_param { shape { dim: 9 dim: 9 } } }\n'
               'layer { type: "Exp" bottom: "x" top: "y" exp_param { scale: 500 } }')  # fmt: skip
    assert reached(row) == (True, True, True)
    assert row.notes == ["'y' is not finite unless the inputs are small, of deviation 0.001"]


def test_layers_whose_code_is_missing_are_left_out_where_nothing_reads_them(look) -> None:
    python = 'type: "Python" bottom: "f" top: "p" python_param { module: "nowhere" layer: "Loss" }'
    row = look(NET + f'layer {{ name: "own" {python} }}')
    assert reached(row) == (True, True, True)
    assert [note for note in row.notes if "own" in note] == [
        "left out: layer 'own': this layer runs Python code of module 'nowhere', which is not allowed"
    ]
    row = look(NET + f'layer {{ name: "own" {python} }} layer {{ type: "ReLU" bottom: "p" top: "q" }}')
    assert reached(row) == (True, False, None)
    assert "module 'nowhere'" in row.why


def test_survey_writes_no_files_that_a_config_names(look, tmp_path: Path) -> None:
    written = tmp_path / "written"
    row = look(
        NET
        + f"""
        layer {{ name: "h" type: "HDF5Output" bottom: "f" bottom: "l"
          hdf5_output_param {{ file_name: "{written}" }} }}
        layer {{ name: "i" type: "DummyData" top: "loc" top: "conf" top: "prior" dummy_data_param {{
          shape {{ dim: 1 dim: 8 }} shape {{ dim: 1 dim: 4 }} shape {{ dim: 1 dim: 2 dim: 8 }} }} }}
        layer {{ name: "o" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "prior" top: "out"
          detection_output_param {{ num_classes: 2 save_output_param {{ output_directory: "{written}"
            label_map_file: "nowhere" name_size_file: "nowhere" }} }} }}"""
    )
    assert (row.why, *reached(row)) == ("", True, True, True)
    assert "nothing is written by HDF5Output 'h'" in row.notes
    assert "no save_output_param for DetectionOutput 'o'" in row.notes
    assert list(tmp_path.iterdir()) == [Path(row.path)]


def test_unread_messages_are_noted_without_failing(look) -> None:
    row = look(NET.replace('type: "BatchNorm"', 'type: "BatchNorm" relu_param { }'))
    assert reached(row) == (True, True, True)
    assert "'relu_param' in a layer of type 'BatchNorm', which reads batch_norm_param" in row.notes
    assert row.why == ""


def test_net_past_the_memory_limit_is_only_built_on_meta(look) -> None:
    row = look(NET, limits=Limits(memory=1000))
    assert reached(row) == (True, True, None)
    assert row.notes[-1].startswith("built on the meta device, not run: it needs 0.0 GB")


def test_solvers_are_examined_with_their_nets(look) -> None:
    row = look('net: "elsewhere.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 1')
    assert (row.kind, *reached(row)) == ("solver", True, True, None)
    row = look('net: "elsewhere.prototxt"\nlr_policy: "fixd"\nbase_lr: 1')
    assert (row.kind, *reached(row)) == ("solver", True, False, None)
    assert "fixd" in row.why
    inside = look(f'base_lr: 0.1 lr_policy: "fixed" net_param {{ {NET} }}')
    assert (inside.kind, *reached(inside)) == ("solver", True, True, True)


SLICED = """
layer { name: "d" type: "HDF5Data" top: "data" top: "targets"
  hdf5_data_param { source: "list.txt" batch_size: 8 } }
layer { name: "cut" type: "Slice" bottom: "targets" top: "cls" top: "box" slice_param { slice_point: 1 } }
layer { name: "c" type: "Convolution" bottom: "data" top: "c"
  convolution_param { num_output: 4 kernel_size: 12 } }
layer { name: "f" type: "Flatten" bottom: "c" top: "f" }
layer { name: "l" type: "EuclideanLoss" bottom: "f" bottom: "box" top: "l" }
"""


def test_net_with_unknown_dataset_shapes_is_not_built(look) -> None:
    row = look(SLICED)
    assert (row.why, *reached(row)) == ("", True, None, None)
    assert row.notes == [
        "unknown shapes for HDF5Data 'd'",
        "not built: the shapes of its inputs are unknown",
    ]
    wrong = look(SLICED.replace('bottom: "f" bottom: "box"', 'bottom: "g" bottom: "box"'))
    assert reached(wrong) == (True, False, None)
    assert "unknown bottom blob 'g'" in wrong.why


def test_label_map_is_recognised(look) -> None:
    row = look('item { name: "a" label: 1 display_name: "b" }')
    assert (row.kind, row.why, *reached(row)) == ("label map", "", True, None, None)


def test_net_of_py_faster_rcnn_runs_without_its_python_layers(tmp_path: Path) -> None:
    python = 'type: "Python" python_param {{ module: "{}" layer: "{}" param_str: "{}" }}'.format
    scales = "{'feat_stride': 16, 'scales': [2]}"
    targets = python("rpn.proposal_target_layer", "ProposalTargetLayer", "'num_classes': 3")
    text = f"""
    layer {{ name: "data" top: "data" top: "im_info" top: "gt_boxes"
      {python("roi_data_layer.layer", "RoIDataLayer", "'num_classes': 3")} }}
    layer {{ name: "c" type: "Convolution" bottom: "data" top: "c"
      convolution_param {{ num_output: 4 kernel_size: 16 stride: 16 }} }}
    layer {{ name: "s" type: "Convolution" bottom: "c" top: "s"
      convolution_param {{ num_output: 6 kernel_size: 1 }} }}
    layer {{ name: "b" type: "Convolution" bottom: "c" top: "b"
      convolution_param {{ num_output: 12 kernel_size: 1 }} }}
    layer {{ name: "a" bottom: "s" bottom: "gt_boxes" bottom: "im_info" bottom: "data"
      top: "l" top: "t" top: "i" top: "o" {python("rpn.anchor_target_layer", "AnchorTargetLayer", scales)} }}
    layer {{ name: "rpn" type: "SmoothL1Loss" bottom: "b" bottom: "t" bottom: "i" bottom: "o" top: "rpn_loss"
      loss_weight: 1 smooth_l1_loss_param {{ sigma: 3.0 }} }}
    layer {{ name: "p" bottom: "s" bottom: "b" bottom: "im_info" top: "proposals"
      {python("rpn.proposal_layer", "ProposalLayer", scales)} }}
    layer {{ name: "q" bottom: "proposals" bottom: "gt_boxes" top: "rois" top: "labels"
      top: "bt" top: "bi" top: "bo" {targets} }}
    layer {{ name: "pool" type: "ROIPooling" bottom: "c" bottom: "rois" top: "pool"
      roi_pooling_param {{ pooled_w: 2 pooled_h: 2 spatial_scale: 0.0625 }} }}
    layer {{ name: "cls" type: "InnerProduct" bottom: "pool" top: "cls"
      inner_product_param {{ num_output: 3 }} }}
    layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "cls" bottom: "labels" top: "loss" }}
    layer {{ name: "u" type: "Silence" bottom: "l" bottom: "bt" bottom: "bi" bottom: "bo" }}
    """
    path = tmp_path / "train.prototxt"
    path.write_text(text)
    row = examine(path)
    assert (row.built, row.ran, row.faults) == (True, True, [])
    assert "random data for Python 'data'" in row.notes


def test_detectors_run_on_objects_that_could_be() -> None:
    row = examine(Path("configs/ssd_shapes_train_test.yaml"))
    assert (row.why, *reached(row)) == ("", True, True, True)


YOLO = """
layer { name: "d" type: "Dataset" top: "x" top: "y"
  dataset_param { name: "shapes" batch_size: 2 size: 64 target: YOLO_BOXES } }
layer { name: "c" type: "Convolution" bottom: "x" top: "c"
  convolution_param { num_output: 8 kernel_size: 32 stride: 32 weight_filler { type: "xavier" } } }
layer { name: "l" bottom: "c" bottom: "y" top: "l" %s }
"""


@pytest.mark.parametrize(
    "loss",
    [
        'type: "Yolov3" yolov3_param { num: 1 num_class: 3 mask: 0 biases: [30, 40] }',
        'type: "RegionLoss" region_loss_param { num: 1 num_class: 3 biases: [1.5, 2] }',
        'type: "EvalDetection" eval_detection_param { side: 2 num_class: 3 num_object: 1 biases: [1, 2] }',
    ],
)
def test_losses_of_yolo_run_on_objects_that_could_be(look, loss: str) -> None:
    row = look(YOLO % loss)
    assert (row.why, *reached(row)) == ("", True, True, True)
