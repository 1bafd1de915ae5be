"""The net as a module: forward, blobs, params, sharing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ConfigError, UsageError, WeightsError
from layerzoo.layer import LAYERS, Layer, register
from layerzoo.loader import emit, parse_net
from layerzoo.net import Net

TWO = """
name: "two"
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 4
  weight_filler { type: "constant" value: 1 } bias_filler { type: "constant" value: -7 } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 1
  weight_filler { type: "constant" value: 2 } } }
"""


def net(text: str = TWO, **how: object) -> Net:
    return Net(parse_net(text), **how)  # type: ignore[arg-type]


def test_forward_gives_outputs_and_holds_every_blob() -> None:
    n = net()
    out = n(x=torch.tensor([[1.0, 2.0, 3.0], [2.0, 3.0, 4.0]]))
    assert list(out) == ["b"]
    assert out["b"].tolist() == [[0.0], [16.0]], "sums 6 and 9, less 7, above 0, times 4 units of weight 2"
    assert n.blobs["a"].tolist() == [[0.0] * 4, [2.0] * 4], "the last version: after the ReLU"
    assert list(n.blobs) == ["x", "a", "b"]
    assert [tuple(p.shape) for p in n.params["a"]] == [(4, 3), (4,)]
    assert list(n.params) == ["a", "b"]


def test_forward_takes_any_batch_size_and_positional_inputs() -> None:
    assert net()(torch.ones(5, 3))["b"].shape == (5, 1)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "takes the inputs x; got none"),
        ({"y": torch.ones(2, 3)}, "takes the inputs x; got y"),
        ({"x": torch.ones(3)}, r"input 'x' has 1 axes \(3,\); the net takes \(2, 3\)"),
    ],
)
def test_forward_refuses_wrong_inputs(inputs: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        net()(**inputs)


def test_blobs_before_any_forward_pass() -> None:
    with pytest.raises(UsageError, match="no forward pass has been run"):
        net().blobs["a"]
    with pytest.raises(KeyError, match="no blob 'c'; the net has x, a, b"):
        net().blobs["c"]
    with pytest.raises(UsageError, match="no layer 'aa' in net 'two'; did you mean 'a'"):
        net().layer("aa")


def test_net_works_as_a_module() -> None:
    n = net()
    assert list(n.state_dict()) == ["layers.a.weight", "layers.a.bias", "layers.b.weight", "layers.b.bias"]
    seen: list[str] = []
    n.layer("r").register_forward_hook(lambda *_: seen.append("r"))
    compiled = torch.export.export(n, (torch.ones(2, 3),))
    x = torch.rand(2, 3)
    assert torch.equal(compiled.module()(x)["b"], n(x)["b"])
    assert "r" in seen


def test_seed_fills_a_layer_independently_of_other_layers() -> None:
    text = TWO.replace('"constant" value: 2', '"gaussian"')
    longer = (
        text
        + 'layer { name: "c" type: "InnerProduct" bottom: "b" top: "c" '
        + "inner_product_param { num_output: 1 } }"
    )
    first, same, other = net(text, seed=3), net(longer, seed=3), net(text, seed=4)
    assert torch.equal(first.params["b"][0], same.params["b"][0])
    assert not torch.equal(first.params["b"][0], other.params["b"][0])


def test_shared_params_are_one_tensor_and_their_gradients_add_up() -> None:
    shared = """
    layer { name: "in" type: "Input" top: "x" top: "t" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
            inner_product_param { num_output: 2 bias_term: false weight_filler { type: "gaussian" } } }
    layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" %s }
            inner_product_param { num_output: %d %s bias_term: false } }
    layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "%s" }"""
    n = net(shared % ("", 2, "", "t"), phase="TRAIN")
    assert n.params["a"][0] is n.params["b"][0]
    assert len(n.learnable) == 1
    x, t = torch.rand(1, 2), torch.rand(1, 2)
    n(x=x, t=t)
    n.loss().backward()
    w = n.learnable[0].detach().clone().requires_grad_()
    (((x @ w.T) @ w.T - t).square().sum() / 2).backward()
    assert torch.allclose(n.learnable[0].grad, w.grad)


def test_permissive_sharing_views_the_owner_in_another_shape() -> None:
    text = """
    layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" }
            inner_product_param { num_output: 6 bias_term: false weight_filler { type: "gaussian" } } }
    layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" share_mode: PERMISSIVE }
            inner_product_param { num_output: 2 bias_term: false } loss_weight: 1 }"""
    n = net(text, phase="TRAIN")
    x = torch.rand(1, 2)
    for _ in range(2):  # the view has to outlive the first backward pass and an update in place
        n.zero_grad()
        out = n(x=x)["b"]
        w = n.learnable[0].detach().clone().requires_grad_()
        expected = (x @ w.T) @ w.view(2, 6).T
        assert torch.allclose(out, expected)
        n.loss().backward()
        expected.sum().backward()
        assert torch.allclose(n.learnable[0].grad, w.grad)
        with torch.no_grad():
            n.learnable[0].mul_(0.5)


def test_share_uses_the_params_of_another_net() -> None:
    train = net(phase="TRAIN")
    test = net(share=train)
    assert test.params["a"][0] is train.params["a"][0]
    smaller = TWO.replace("num_output: 4", "num_output: 5")
    with pytest.raises(WeightsError, match="can't share params of layer 'a'"):
        net(smaller, share=train)


def test_loss_is_each_weighted_top_summed_times_its_weight() -> None:
    text = TWO.replace('bottom: "x" top: "a"', 'bottom: "x" top: "a" loss_weight: 0.5')
    n = net(text.replace('bottom: "a" top: "b"', 'bottom: "a" top: "b" loss_weight: 3'))
    n(torch.full((2, 3), 3.0))
    # a is 3 * 3 - 7 = 2, four times a sample, b 4 * 2 * 2 = 16
    assert n.loss().item() == 0.5 * 2 * 4 * 2 + 3 * 2 * 16


def test_propagate_down_false_stops_the_gradient() -> None:
    text = TWO.replace('bottom: "a" top: "b"', 'bottom: "a" top: "b" propagate_down: false loss_weight: 1')
    n = net(text, phase="TRAIN")
    n(torch.full((2, 3), 9.0))
    n.loss().backward()
    assert n.params["a"][0].grad is None
    assert n.params["b"][0].grad is not None


def test_lr_mult_zero_asks_for_no_gradient() -> None:
    text = TWO.replace('bottom: "x" top: "a"', 'bottom: "x" top: "a" param { lr_mult: 0 }')
    assert [p.requires_grad for p in net(text).learnable] == [False, True, True, True]
    assert all(p.requires_grad for p in net("force_backward: true " + text).learnable)


def test_exception_in_a_layer_names_it(tmp_path: Path) -> None:
    file = tmp_path / "n.prototxt"
    file.write_text(TWO)
    with pytest.raises(RuntimeError) as raised:
        Net(file)(torch.ones(2, 5))
    assert f"in layer 'a' (InnerProduct, {file}:4:1), bottoms: (2, 5)" in raised.value.__notes__


def test_net_on_meta_needs_no_memory() -> None:
    n = net(device="meta")
    assert all(p.is_meta for p in n.learnable)


def test_layer_names_that_are_odd_or_missing() -> None:
    text = 'layer { type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 } } }' + "".join(
        f'layer {{ name: "{name}" type: "Power" bottom: "x" top: "y{i}" }}'
        for i, name in enumerate(("a.b", "items", "a_b", "x/y"))
    )
    n = net(text)
    assert len(n(torch.ones(1, 1))) == 4
    assert n.layer("a.b") is not n.layer("a_b")
    assert n.layer("input0").name == "input0"


def test_save_weights_and_load_weights(tmp_path: Path) -> None:
    n = net()
    with torch.no_grad():
        n.params["a"][1].fill_(5)
    for suffix in (".safetensors", ".caffemodel", ".h5"):
        n.save_weights(tmp_path / f"w{suffix}")
        other = net(weights=tmp_path / f"w{suffix}")
        assert torch.equal(other.params["a"][1], torch.full((4,), 5.0))


def test_registered_layer_runs_in_a_net() -> None:
    @register
    class SquareForTest(Layer):
        """The square of its bottom."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * x

    try:
        text = TWO + 'layer { name: "s" type: "SquareForTest" bottom: "b" top: "s" }'
        assert net(text)(torch.ones(1, 3) * 3)["s"].item() == 16**2
    finally:
        del LAYERS._known["SquareForTest"]


def test_config_error_lists_all_faults(tmp_path: Path) -> None:
    file = tmp_path / "n.prototxt"
    file.write_text(TWO.replace("ReLU", "RELUU").replace('bottom: "x"', 'bottom: "xx"'))
    with pytest.raises(ConfigError) as raised:
        Net(file)
    assert [f.origin.source.position(f.origin.offset).line for f in raised.value.faults if f.origin] == [4, 6]


def test_net_warns_about_a_message_of_another_type(caplog: pytest.LogCaptureFixture) -> None:
    n = net(
        'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 } } }\n'
        'layer { name: "r" type: "ReLU" bottom: "x" top: "y" dropout_param { } }'
    )
    assert n(torch.tensor([-1.0]))["y"].tolist() == [0]
    assert "2:53: 'dropout_param' in a layer of type 'ReLU', which reads relu_param" in caplog.text


def test_stub_leaves_out_unknown_layers(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(
        'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }\n'
        'layer { name: "p" type: "Frobnicate" bottom: "x" top: "p" frobnicate_param { order: 0 } }\n'
        'layer { name: "f" type: "Flatten" bottom: "p" top: "f" }\n'
        'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }\n'
    )
    with pytest.raises(ConfigError, match="unknown layer type 'Frobnicate'"):
        Net(path)
    n = Net(path, unknown="stub")
    assert [name for name, _ in n.graph.skipped] == ["p", "f"]
    assert "unknown field 'frobnicate_param'" in n.graph.warnings[0].message
    assert n(torch.tensor([-1.0, 2.0]))["y"].tolist() == [0, 2]


def test_input_without_a_shape_takes_that_of_the_values() -> None:
    n = net(
        'layer { name: "x" type: "Input" top: "x" } layer { name: "r" type: "ReLU" bottom: "x" top: "r" }'
    )
    assert n(torch.tensor([[-1.0, 2.0]]))["r"].tolist() == [[0, 2]]
    assert n(x=torch.tensor([3.0, -1.0]))["r"].tolist() == [3, 0]
    with pytest.raises(UsageError, match="takes the inputs x; got none"):
        n()


WITH_BLOBS = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 1 dim: 1 dim: 2 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 1
  weight_filler { type: "constant" value: 9 } bias_filler { type: "constant" value: 9 } }
  blobs { shape { dim: 1 dim: 2 } data: [0.1, -2] } blobs { shape { dim: 1 } double_data: 0.5 } }
"""


def test_config_blobs_are_the_initial_params(tmp_path: Path) -> None:
    weight, bias = (p.tolist() for p in net(WITH_BLOBS).params["a"])
    assert weight == [[pytest.approx(0.1), -2]]
    assert bias == [0.5]
    again = net(emit(parse_net(WITH_BLOBS).message, "yaml"))
    assert [p.tolist() for p in again.params["a"]] == [weight, bias], "a text written again keeps them"
    other = net(WITH_BLOBS)
    with torch.no_grad():
        other.params["a"][0].fill_(3)
    for name in ("w.safetensors", "w.caffemodel"):
        other.save_weights(tmp_path / name)
        n = net(WITH_BLOBS, weights=tmp_path / name)
        assert n.params["a"][0].tolist() == [[3, 3]], "weights come after them"


def test_config_blobs_of_the_owner_set_a_shared_param() -> None:
    blobs = "blobs { shape { dim: 1 dim: 2 } data: [%d, %d] }"
    layer = (
        'layer { name: "%s" type: "InnerProduct" bottom: "x" top: "%s" param { name: "w" } '
        "inner_product_param { num_output: 1 bias_term: false } %s }"
    )
    text = WITH_BLOBS.split("\n")[1]
    n = net(text + layer % ("a", "a", blobs % (1, 2)) + layer % ("b", "b", blobs % (3, 4)))
    assert n.params["b"][0] is n.params["a"][0]
    assert n.params["b"][0].tolist() == [[1, 2]]


def test_config_blobs_of_an_old_format() -> None:
    shape = "num: 1 channels: 1 height: 1"
    blobs = f"blobs {{ {shape} width: 2 data: 3 data: 4 }} blobs {{ {shape} width: 1 data: 5 }}"
    head = 'input: "x" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 2 '
    param = "inner_product_param { num_output: 1 }"
    v1 = f'layers {{ name: "a" type: INNER_PRODUCT bottom: "x" top: "y" {param} {blobs} }}'
    v0 = f'layers {{ bottom: "x" top: "y" layer {{ name: "a" type: "innerproduct" num_output: 1 {blobs} }} }}'
    for text in (v1, v0):
        assert [p.tolist() for p in net(head + text).params["a"]] == [[[3, 4]], [5]]


def test_inputs_and_outputs_are_names() -> None:
    n = net()
    assert (n.inputs, n.outputs) == (["x"], ["b"])


def test_weights_may_be_none() -> None:
    assert torch.equal(net(weights=None).params["a"][0], torch.ones(4, 3))


def test_profiler_shows_layers_by_name() -> None:
    n = net()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        n(torch.ones(2, 3))
    counts = {event.key: event.count for event in profile.key_averages()}
    assert {name: counts.get(name) for name in "arb"} == {"a": 1, "r": 1, "b": 1}


def test_profiler_off_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.plan.recorded", None)
    assert net()(torch.ones(2, 3))["b"].shape == (2, 1)


def test_compile_is_one_graph_while_a_profiler_runs() -> None:
    n, x = net(), torch.ones(2, 3)
    wanted = n(x)["b"]
    compiled = torch.compile(n, fullgraph=True, backend="eager")
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]):
        made = compiled(x)["b"]
    assert torch.equal(made, wanted)


def test_hooks_run_on_layers_and_net() -> None:
    n = net()
    seen: list[str] = []
    n.register_forward_hook(lambda module, given, made: seen.append("net"))
    n.layer("a").register_forward_pre_hook(lambda module, given: seen.append("before"))
    n.layer("b").register_full_backward_hook(lambda module, down, up: seen.append("backward"))
    n(torch.ones(2, 3))["b"].sum().backward()
    assert seen == ["before", "net", "backward"]


def test_dtype_state_dict_and_zero_grad() -> None:
    n, other = net().double(), net().double()
    out = n(torch.ones(2, 3, dtype=torch.float64))["b"]
    assert out.dtype == torch.float64
    out.sum().backward()
    n.zero_grad()
    assert [param.grad for param in n.parameters()] == [None] * 4
    with torch.no_grad():
        n.params["b"][0].fill_(3)
    assert other.load_state_dict(n.state_dict()).missing_keys == []
    assert torch.equal(other.params["b"][0], n.params["b"][0])


def test_train_and_eval_switch_behaviour_not_layers() -> None:
    text = (
        TWO + 'layer { name: "d" type: "Dropout" bottom: "b" top: "d" } layer { name: "p" type: "Power" '
        'bottom: "d" top: "p" include { phase: TRAIN } }'
    )
    n = net(text, phase="TRAIN")
    x = torch.full((64, 3), 9.0)
    assert (n(x)["p"] == 0).any()
    assert not (n.eval()(x)["p"] == 0).any()
    assert (n.train()(x)["p"] == 0).any()
    assert not (net(text)(x)["d"] == 0).any()


def test_repr_names_every_layer() -> None:
    assert "(a): InnerProduct('a')" in repr(net())


def test_net_compiles_for_any_batch_and_size() -> None:
    """Sizes that a compiler keeps as symbols, as it does once it has seen two of them."""
    text = """
    layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 dim: 8 dim: 8 } } }
    layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {
      num_output: 4 kernel_size: 3 pad: 1 weight_filler { type: "xavier" } } }
    layer { name: "p" type: "Pooling" bottom: "c" top: "p" pooling_param {
      pool: STOCHASTIC kernel_size: 2 stride: 2 } }
    layer { name: "q" type: "Pooling" bottom: "p" top: "q" pooling_param {
      pool: AVE kernel_size: 2 stride: 2 } }
    layer { name: "r" type: "Reshape" bottom: "q" top: "r" reshape_param { shape { dim: 0 dim: 8 dim: -1 } } }
    """
    n = Net(parse_net(text), seed=1)
    compiled = torch.compile(n, fullgraph=True, backend="eager", dynamic=True)
    for batch, size in ((2, 8), (3, 16), (5, 8)):
        x = torch.rand(batch, 3, size, size)
        assert torch.allclose(compiled(x)["r"], n(x)["r"], atol=1e-6)
