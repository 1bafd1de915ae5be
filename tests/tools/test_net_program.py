"""Programs are run, and their net is compared with the original net."""

import pytest

from layerzoo.errors import ConfigError
from layerzoo.loader import load_net, parse_net
from layerzoo.pycaffe import alias
from layerzoo.schema import NetParameter
from layerzoo.tools.net_program import net_program


def net_of(program: str) -> NetParameter:
    """Run a program and return the result of its ``make_net``."""
    alias.install()
    names = {"__name__": "program"}
    exec(compile(program, "program.py", "exec"), names)
    return NetParameter.FromString(names["make_net"]().SerializeToString())


@pytest.fixture(autouse=True)
def _no_caffe_afterwards(monkeypatch):
    import sys

    before = dict(sys.modules)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe" and name not in before]:
        del sys.modules[name]


def body(text: str) -> list[str]:
    """Return the lines of ``make_net`` in the program of a net, after checking the program's net."""
    net = parse_net(text, format="prototxt").message
    program = net_program(net)
    assert net_of(program) == net
    return [
        line.strip() for line in program.split("def make_net():\n")[1].split("    return net")[0].splitlines()
    ]


def test_program_is_idiomatic():
    assert body("""
        layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN }
          data_param { source: "mnist" batch_size: 64 backend: LMDB } transform_param { scale: 0.00390625 } }
        layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
          param { lr_mult: 1 } param { lr_mult: 2 }
          convolution_param { num_output: 20 kernel_size: 5 weight_filler { type: "gaussian" std: 0.01 } } }
        layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
        layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
          pooling_param { pool: AVE kernel_h: 2 kernel_w: 3 } }
        layer { name: "loss" type: "SoftmaxWithLoss" bottom: "pool1" bottom: "label" top: "loss"
          loss_weight: 0.5 }
    """) == [
        "n = caffe.NetSpec()",
        "n.data, n.label = L.Data(",
        "source='mnist', batch_size=64, backend=P.Data.LMDB, include=dict(phase=caffe.TRAIN),",
        "transform_param=dict(scale=0.00390625), ntop=2,",
        ")",
        "n.conv1 = L.Convolution(",
        "n.data, num_output=20, kernel_size=5, weight_filler=dict(type='gaussian', std=0.01),",
        "param=[dict(lr_mult=1), dict(lr_mult=2)],",
        ")",
        "n.relu1 = L.ReLU(n.conv1, in_place=True)",
        "n.pool1 = L.Pooling(n.conv1, pool=P.Pooling.AVE, kernel_h=2, kernel_w=3)",
        "n.loss = L.SoftmaxWithLoss(n.pool1, n.label, loss_weight=0.5)",
        "net = n.to_proto()",
    ]  # fmt: skip


def test_blob_of_two_phases_is_named_once():
    lines = body("""
        layer { name: "data" type: "Input" top: "data" include { phase: TRAIN }
          input_param { shape { dim: 1 } } }
        layer { name: "data" type: "Input" top: "data" include { phase: TEST }
          input_param { shape { dim: 2 } } }
        layer { name: "r" type: "ReLU" bottom: "data" top: "r" }
    """)
    assert lines[1] == "n.data = L.Input(shape=dict(dim=1), include=dict(phase=caffe.TRAIN))"
    assert lines[2].endswith("include=dict(phase=caffe.TEST), ntop=0, name='data', top=['data'])")
    assert lines[3] == "n.r = L.ReLU(n.data)"


def test_names_that_are_not_identifiers():
    lines = body("""
        layer { name: "in" type: "Input" top: "in" input_param { shape { dim: 1 } } }
        layer { name: "conv/3x3" type: "Power" bottom: "in" top: "conv/3x3" }
        layer { name: "conv/relu" type: "ReLU" bottom: "conv/3x3" top: "conv/3x3" }
        layer { name: "other" type: "ReLU" bottom: "conv/3x3" top: "tops" }
        layer { name: "tops" type: "Sigmoid" bottom: "tops" top: "tops" }
        layer { name: "end" type: "Silence" bottom: "tops" }
    """)
    assert lines[1:-1] == [
        "n['in'] = L.Input(shape=dict(dim=1))",
        "n['conv/3x3'] = L.Power(n['in'])",
        "n['conv/relu'] = L.ReLU(n['conv/3x3'], in_place=True)",
        "n['tops'] = L.ReLU(n['conv/3x3'], name='other')",
        "n.tops_2 = L.Sigmoid(n['tops'], in_place=True, name='tops')",
        "n.end = L.Silence(n['tops'], ntop=0)",
    ]


def test_values_outside_netspec_are_set_afterwards():
    lines = body("""
        name: "odd" force_backward: true state { level: 2 stage: "a" stage: "b" }
        layer { type: "Power" bottom: "nobody" top: "x" power_param { } }
        layer { name: "x" type: "Eltwise" bottom: "x" bottom: "nobody" top: "x"
          eltwise_param { coeff: 1 coeff: -0.1 } }
        layer { name: "c" type: "Convolution" bottom: "x" top: "c"
          convolution_param { num_output: 1 kernel_size: 1 weight_filler { } } }
    """)
    assert lines[1] == "n.x = L.Power(bottom=['nobody'])"
    assert "top=['x']" in lines[2]
    assert lines[lines.index("net = n.to_proto()") :] == [
        "net = n.to_proto()",
        "net.layer[0].power_param.SetInParent()",
        "net.layer[0].ClearField('name')",
        "net.layer[2].convolution_param.weight_filler.SetInParent()",
        "net.name = 'odd'",
        "net.force_backward = True",
        "net.state.level = 2",
        "net.state.stage.extend(['a', 'b'])",
    ]


def test_numbers_are_exact():
    assert "n.a = L.Power(n.x, power=0.1, scale=1e-30, shift=float('-inf'))" in body("""
        layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }
        layer { name: "a" type: "Power" bottom: "x" top: "a"
          power_param { power: 0.1 scale: 1e-30 shift: -inf } }
    """)


def test_fields_of_layerzoos_own_are_refused():
    layer = 'layer { name: "d" type: "Dataset" top: "x" dataset_param { name: "digits" batch_size: 1 } }'
    net = parse_net(layer, format="prototxt").message
    net.layer.append(net.layer[0])
    with pytest.raises(ConfigError, match=r"'dataset_param' is Layerzoo's own.*\(layer 'd'\)") as refused:
        net_program(net)
    assert len(refused.value.faults) == 1


def test_title_is_escaped(tmp_path):
    net = NetParameter(name='a"""\nimport os\\')
    assert net_of(net_program(net)) == net


def test_programs_of_published_nets_make_equal_nets(shared):
    equal = refused = 0
    for path in sorted((shared / "corpus").rglob("*.prototxt"))[::3]:
        try:
            net = load_net(path).message
        except ConfigError:
            continue
        try:
            program = net_program(net, path.name)
        except ConfigError:
            refused += 1
        else:
            assert net_of(program) == net, path
            equal += 1
    assert equal >= 90
    assert refused <= 80  # nets of forks: Caffe's interface lacks their fields
