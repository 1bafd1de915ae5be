from __future__ import annotations

import copy
import pickle
from pathlib import Path

from google.protobuf import text_format
from google.protobuf.descriptor import FieldDescriptor

from layerzoo import schema
from layerzoo.pycaffe.proto import caffe_pb2

_TYPES = {
    getattr(FieldDescriptor, f"TYPE_{name.upper()}"): name
    for name in ["int32", "int64", "uint32", "uint64", "float", "double", "bool", "string", "bytes"]
}


def _compiled() -> tuple[set[tuple[str, ...]], set[tuple[str, str, int]]]:
    rows, values = set(), set()
    enums = list(caffe_pb2.DESCRIPTOR.enum_types_by_name.values())
    for message in caffe_pb2.DESCRIPTOR.message_types_by_name.values():
        enums += message.enum_types
        for field in message.fields:
            typed = field.message_type or field.enum_type
            type_name = typed.full_name.removeprefix("caffe.") if typed else _TYPES[field.type]
            rows.add((message.name, field.name, str(field.number), type_name.rpartition(".")[2]))
    for enum in enums:
        name = enum.full_name.removeprefix("caffe.")
        values |= {(name, value.name, value.number) for value in enum.values}
    return rows, values


def test_it_is_caffes_schema_whole(data: Path) -> None:
    rows, values, table = set(), set(), ""
    for line in (data / "caffe_schema.tsv").read_text().splitlines():
        cells = line.split("\t")
        if line.startswith("#") or not line:
            continue
        if cells[0] in ("message", "enum"):
            table = cells[0]
        elif table == "message":
            rows.add((cells[0], cells[1], cells[2], cells[4].rpartition(".")[2]))
        else:
            values.add((cells[0], cells[1], int(cells[2])))
    assert _compiled() == (rows, values)
    assert len(rows) > 400


def test_full_names_and_constants() -> None:
    assert caffe_pb2.LayerParameter.DESCRIPTOR.full_name == "caffe.LayerParameter"
    assert (caffe_pb2.TRAIN, caffe_pb2.TEST) == (0, 1)
    assert caffe_pb2.Phase.Name(1) == "TEST"
    assert caffe_pb2.PoolingParameter.AVE == 1
    assert caffe_pb2.V1LayerParameter.RELU == 18
    assert caffe_pb2.V1LayerParameter.LayerType.Name(4) == "CONVOLUTION"
    assert caffe_pb2.SolverParameter.SnapshotFormat.Value("HDF5") == 0


def test_descriptors_under_the_names_of_protoc() -> None:
    assert caffe_pb2._LAYERPARAMETER is caffe_pb2.LayerParameter.DESCRIPTOR
    types = caffe_pb2._V1LAYERPARAMETER_LAYERTYPE
    assert types.values_by_number[14].name == "INNER_PRODUCT"
    assert caffe_pb2._PHASE.values_by_name["TEST"].number == 1


def test_text_format_reads_both_formats() -> None:
    net = caffe_pb2.NetParameter()
    text_format.Merge('layers { type: RELU name: "a" } layer { type: "ReLU" name: "b" }', net)
    assert (net.layers[0].type, net.layer[0].name) == (18, "b")
    assert text_format.Parse(str(net), caffe_pb2.NetParameter()) == net


def test_messages_cross_to_ours_as_bytes() -> None:
    layer = caffe_pb2.LayerParameter(name="p", type="Pooling")
    layer.pooling_param.pool = caffe_pb2.PoolingParameter.AVE
    ours = schema.LayerParameter.FromString(layer.SerializeToString())
    assert ours.pooling_param.pool == schema.PoolingParameter.AVE


def test_messages_can_be_copied_and_pickled() -> None:
    net = caffe_pb2.NetParameter(name="n")
    assert copy.deepcopy(net) == net
    assert pickle.loads(pickle.dumps(net)) == net


def test_ours_alone_is_not_there() -> None:
    assert not hasattr(caffe_pb2, "DatasetParameter")
    assert "publish" not in caffe_pb2.SolverParameter.DESCRIPTOR.fields_by_name
