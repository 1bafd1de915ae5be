"""Checks of nets from untrusted sources."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import ZooError
from layerzoo.loader import parse_net
from layerzoo.net import graph_of
from layerzoo.schema import TEST, LayerParameter, NetParameter, NetState
from layerzoo.weights import StoredBlob
from layerzoo.zoo.trust import (
    PATH_FIELDS,
    check_lists,
    check_memory,
    check_net,
    check_weights,
    paths_in,
    stays_inside,
)

NET = """
layer:
- {name: data, type: Input, top: data, input_param: {shape: {dim: [1, 100]}}}
- {name: ip, type: InnerProduct, bottom: data, top: ip,
   inner_product_param: {num_output: 9, bias_term: false}}
"""


@pytest.mark.parametrize("path", ["a", "a/b", "./a", "a..b", "...", "a/.b", "ä"])
def test_stays_inside_accepts_relative_paths(path: str) -> None:
    assert stays_inside(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/a",
        "..",
        "../a",
        "a/../b",
        "a/..",
        "C:",
        "C:a",
        "c:\\a",
        "\\a",
        "\\\\host\\share",
        "a\\..\\b",
        "a\0b",
    ],
)
def test_stays_inside_refuses_escaping_paths(path: str) -> None:
    assert not stays_inside(path)


def test_every_path_of_a_net_is_checked() -> None:
    message = parse_net(
        """
layer:
- {name: a, type: ImageData, top: [a, b],
   image_data_param: {source: list.txt, root_folder: /images},
   transform_param: {mean_file: m2}}
- {name: c, type: HDF5Data, top: [c], hdf5_data_param: {source: h.txt, batch_size: 1}}
""",
        format="yaml",
    ).message
    assert paths_in(message) == {"list.txt", "/images", "m2", "h.txt"}
    with pytest.raises(ZooError, match=r"x: layer 'a' \(ImageData\) names '/images'"):
        check_net(message, "x")
    check_net(message, "x", own={"/images"})


def test_fault_of_a_path_names_its_line() -> None:
    document = parse_net(
        'layer { name: "a" type: "Data"\n  top: "a"\n  data_param { source: "../x" batch_size: 1 } }',
        format="prototxt",
    )
    with pytest.raises(ZooError, match=r"names '\.\./x' in line 3, outside of the entry's folder"):
        check_net(document.message, "x", root=document.root)


NOT_PATHS = frozenset(
    {"name", "type", "bottom", "top", "stage", "not_stage"}
    | {"module", "layer", "param_str", "crop_mode", "split", "nms_type"}
    | {"output_format", "normalize_type", "distance_type", "mode", "rand_type"}
    | {"write_mean", "write_augmented"}  # of FlowNet; never opened
    | {"anchors", "category", "class_name", "delimiter", "fill", "image_column", "key", "label"}
    | {"label_column", "label_suffix", "sequence_column", "text_column"}
    | {"merge", "token"}  # of vocabularies that travel with a run
    | {"axes", "order", "transform_type", "sampler_type", "task"}
    | {"net", "else_net", "output", "each", "var", "last", "while", "blob", "input"}  # of subnets
    | {"over", "field", "value", "doc", "default"}  # of blocks
    | {"include"}  # of a subnet's net, which is expanded already; the loader lets none leave its folder
)


def test_every_text_field_of_a_layer_is_known_as_a_path_or_not() -> None:
    def texts(message: Descriptor, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        for field in message.fields:
            if field.message_type is not None and field.message_type.full_name not in seen:
                yield from texts(field.message_type, seen | {message.full_name})
            elif field.type == FieldDescriptor.TYPE_STRING:
                yield field.name

    assert set(texts(LayerParameter.DESCRIPTOR)) == NOT_PATHS | PATH_FIELDS - {"meanfile"}


def lists(folder: Path, kind: str, part: str, text: str, root: str = "") -> None:
    """Check a net that names a list with a text."""
    (folder / "list.txt").write_bytes(text.encode())
    prefix = f"root_folder: {root!r}, " if root else ""
    message = parse_net(
        f"layer: [{{name: a, type: {kind}, top: [x, y], "
        f"{part}: {{source: list.txt, {prefix}batch_size: 1}}}}]",
        format="yaml",
    ).message
    check_net(message, "x")
    check_lists(message, folder, "x")


WINDOWS = "# 0\n{}\n3\n50\n60\n1\n1 0.9 1 2 30 40\n"


@pytest.mark.parametrize(
    ("kind", "part", "text", "root"),
    [
        ("ImageData", "image_data_param", "a b/c.png 1\n./d.png 0\n\n", ""),
        ("ImageData", "image_data_param", "c.png 1\n", "images/"),
        ("HDF5Data", "hdf5_data_param", "a.h5 b.h5\nc/d.h5\n", ""),
        ("WindowData", "window_data_param", WINDOWS.format("a/b.jpg"), ""),
    ],
)
def test_lists_of_files_inside_are_accepted(
    kind: str, part: str, text: str, root: str, tmp_path: Path
) -> None:
    lists(tmp_path, kind, part, text, root)


@pytest.mark.parametrize(
    ("kind", "part", "text", "root", "line"),
    [
        ("ImageData", "image_data_param", "a.png 0\n/etc/passwd 1\n", "", 2),
        ("ImageData", "image_data_param", "a/../../b.png 1\n", "", 1),
        ("ImageData", "image_data_param", "..\\b.png 1\n", "", 1),
        ("ImageData", "image_data_param", "C:/b.png 1\n", "", 1),
        ("ImageData", "image_data_param", "./b.png 1\n", "images/.", 1),
        ("HDF5Data", "hdf5_data_param", "a.h5 /b.h5\n", "", 1),
        ("WindowData", "window_data_param", WINDOWS.format("../b.jpg"), "", 2),
    ],
)
def test_lists_of_files_outside_are_refused(
    kind: str, part: str, text: str, root: str, line: int, tmp_path: Path
) -> None:
    with pytest.raises(ZooError, match=rf"x: layer 'a' \({kind}\): line {line} of 'list.txt' names"):
        lists(tmp_path, kind, part, text, root)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("COCOData", "coco_data_param: {source: t}"),
        ("CSVData", "csv_data_param: {source: t}"),
        ("CSVData", "csv_data_param: {source: of_the_user.csv, join: t}"),
    ],
)
def test_tables_of_an_entry_that_name_files_are_refused(kind: str, fields: str, tmp_path: Path) -> None:
    net = f"layer: [{{name: a, type: {kind}, top: [x, y], {fields}}}]"
    message = parse_net(net, format="yaml").message
    check_lists(message, tmp_path, "x")
    (tmp_path / "t").write_text("{}")
    with pytest.raises(
        ZooError, match=rf"x: layer 'a' \({kind}\) reads 't' of the entry, which can name files"
    ):
        check_lists(message, tmp_path, "x")
    check_lists(message, tmp_path, "x", own={"t"})


@pytest.mark.parametrize(
    "fields",
    [
        "type: CSVData, csv_data_param: {source: a.csv, join: ../b.csv}",
        "type: CSVData, csv_data_param: {source: a.csv, fitted_on: /b.csv}",
        "type: TextData, text_data_param: {source: a.txt, vocabulary: /b.json}",
        "type: MaskData, mask_data_param: {source: a, mask_folder: ../b}",
        "type: VOCData, voc_data_param: {source: a, image_set: /b.txt}",
    ],
)
def test_every_path_of_a_source_of_data_stays_inside(fields: str) -> None:
    message = parse_net(f"layer: [{{name: a, top: [x, y], {fields}}}]", format="yaml").message
    with pytest.raises(ZooError, match=r"names '.*b.*', outside of the entry's folder"):
        check_net(message, "x")


def test_list_that_is_not_a_file_is_refused(tmp_path: Path) -> None:
    message = parse_net(
        "layer: [{name: a, type: HDF5Data, top: x, hdf5_data_param: {source: pipe, batch_size: 1}}]",
        format="yaml",
    ).message
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ZooError, match="'pipe' can't be read: not a regular file but a FIFO"):
        check_lists(message, tmp_path, "x")
    check_lists(message, tmp_path, "x", own={"pipe"})


def test_list_of_the_user_may_name_any_file(tmp_path: Path) -> None:
    (tmp_path / "entry").mkdir()
    (tmp_path / "list.txt").write_text("/etc/passwd 1\n")
    message = parse_net(
        "layer: [{name: a, type: ImageData, top: [x, y], image_data_param: {source: list.txt}}]",
        format="yaml",
    ).message
    check_lists(message, tmp_path / "entry", "x")


def test_memory_is_checked_before_the_net_is_built() -> None:
    graph = graph_of(parse_net(NET, format="yaml"), NetState(phase=TEST))
    check_memory(graph, "x", limit=4 * (100 + 9 + 900))
    with pytest.raises(ZooError, match=r"x: the net needs 0\.0 GB of memory"):
        check_memory(graph, "x", limit=4 * (100 + 9 + 900) - 1)


def test_weights_are_checked_by_shape() -> None:
    graph = graph_of(parse_net(NET, format="yaml"), NetState(phase=TEST))

    def stored(*shape: int) -> StoredBlob:
        return StoredBlob(shape, lambda: torch.zeros(shape))

    check_weights(graph, {"ip": NamedBlobs([stored(9, 100)]), "more": NamedBlobs([stored(1)])}, "x")
    check_weights(graph, {"ip": NamedBlobs([stored(1, 1, 9, 100)])}, "x")
    with pytest.raises(
        ZooError, match=r"layer 'ip', blob 0, have shape \(9, 99\); the net expects \(9, 100\)"
    ):
        check_weights(graph, {"ip": NamedBlobs([stored(9, 99)])}, "x")
    for missing in ({}, {"ip": NamedBlobs()}, {"ip": NamedBlobs([None])}):
        with pytest.raises(ZooError, match="weights are missing for blob 0 of layer 'ip'"):
            check_weights(graph, missing, "x")


def test_detections_may_be_computed_but_not_written() -> None:
    def net(save: str) -> NetParameter:
        fields = f"num_classes: 2 save_output_param {{ {save} }}"
        text = f'layer {{ name: "d" type: "DetectionOutput" detection_output_param {{ {fields} }} }}'
        return parse_net(text).message

    check_net(net('label_map_file: "labelmap.prototxt"'), "x")
    with pytest.raises(ZooError, match=r"layer 'd' .DetectionOutput. writes files"):
        check_net(net('output_directory: "o" label_map_file: "l" name_size_file: "n"'), "x")
    with pytest.raises(ZooError, match="names '/etc/passwd'"):
        check_net(net('label_map_file: "/etc/passwd"'), "x")


def test_pattern_of_frames_stays_inside_the_entry() -> None:
    net = parse_net(
        'layer { type: "VideoData" name: "d" top: "x" video_data_param { name_pattern: "../../x_%d.jpg" } }'
    ).message
    with pytest.raises(ZooError, match=r"\.\./\.\./x_%d\.jpg"):
        check_net(net, "entry")
