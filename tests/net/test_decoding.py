"""Sequences step by step agree with one pass over all steps."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.net.decoding import decoding, deviation

FILLED = 'weight_filler { type: "gaussian" std: 0.3 } bias_filler { type: "gaussian" std: 0.3 }'
TRANSFORMER = """
layer { name: "token" type: "Input" top: "token" input_param { shape { dim: 2 dim: 12 } } }
layer { name: "embed" type: "Embed" bottom: "token" top: "embed"
  embed_param { input_dim: 9 num_output: 8 FILLED } }
layer { name: "position" type: "Position" bottom: "token" top: "position" position_param { axis: 1 } }
layer { name: "where" type: "Embed" bottom: "position" top: "where"
  embed_param { input_dim: 99 num_output: 8 FILLED } }
layer { name: "x0" type: "Bias" bottom: "embed" bottom: "where" top: "x0" bias_param { axis: 1 } }
BLOCKS
layer { name: "norm" type: "RMSNorm" bottom: "x2" top: "norm" }
layer { name: "y" type: "InnerProduct" bottom: "norm" top: "y"
  inner_product_param { num_output: 9 axis: 2 FILLED } }
"""
BLOCK = """
layer { name: "norm_{at}" type: "LayerNorm" bottom: "x{at}" top: "norm_{at}" }
layer { name: "a_{at}" type: "Attention" bottom: "norm_{at}" top: "a_{at}" attention_param { FIELDS FILLED } }
layer { name: "x_{next}" type: "Eltwise" bottom: "x{at}" bottom: "a_{at}" top: "x{next}" }
"""
FORMS = {
    "plain": "num_heads: 2 causal: true",
    "shared heads": "num_heads: 4 num_kv_heads: 2 causal: true rotary { fraction: 1 }",
    "window": "num_heads: 2 causal: true window: 3 rotary { interleaved: true }",
    "additive": "score: ADDITIVE causal: true",
}


def net(text: str) -> Net:
    return Net(parse_net(text.replace("FILLED", FILLED)).message, "TEST", seed=3)


def transformer(form: str = "plain") -> Net:
    block = BLOCK.replace("FIELDS", FORMS.get(form, form))
    blocks = "".join(block.replace("{at}", str(at)).replace("{next}", str(at + 1)) for at in range(2))
    return net(TRANSFORMER.replace("BLOCKS", blocks))


def tokens(count: int = 12) -> torch.Tensor:
    return torch.randint(9, (2, count), generator=torch.Generator().manual_seed(1)).float()


@pytest.mark.parametrize("form", FORMS)
def test_transformer_step_by_step_is_the_whole_pass(form: str) -> None:
    model, x = transformer(form), tokens()
    with torch.no_grad():
        whole = model(token=x)["y"]
    with decoding(model) as decoder:
        found = [
            decoder.step(token=x[:, :5])["y"],
            *(decoder.step(token=x[:, at : at + 1])["y"] for at in range(5, 12)),
        ]
    torch.testing.assert_close(torch.cat(found, 1), whole, rtol=1e-5, atol=1e-5)
    assert deviation(model, {"token": x}, {"token": 1, "y": 1}, "y") < 1e-5
    with torch.no_grad():  # nothing is kept behind the block
        torch.testing.assert_close(model(token=x)["y"], whole)


def test_step_of_a_long_text_costs_as_many_operations_as_one_of_a_short() -> None:
    model, x, counts = transformer(), tokens(60), []
    with decoding(model) as decoder:
        for at in range(60):
            seen = FlopCounterMode(display=False)
            with seen:
                decoder.step(token=x[:, at : at + 1])
            counts.append(seen.get_total_flops())
    assert counts[59] - counts[0] == 59 * (counts[1] - counts[0])  # grows with the number of keys alone
    with FlopCounterMode(display=False) as whole, torch.no_grad():
        model(token=x)
    assert counts[59] < whole.get_total_flops() / 20


RECURRENT = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 7 dim: 2 dim: 3 } } }
layer { name: "ends" type: "Input" top: "ends" input_param { shape { DIMS } } }
layer {
  name: "r" type: "KIND" bottom: "x" bottom: "ends" top: "r"
  recurrent_param { num_output: 4 num_layers: 2 FILLED }
}
layer { name: "y" type: "InnerProduct" bottom: "r" top: "y"
  inner_product_param { num_output: 3 axis: 2 FILLED } }
"""


@pytest.mark.parametrize("kind", ["GRU", "LSTM", "RNN"])
def test_recurrent_net_with_cont_step_by_step_is_the_whole_pass(kind: str) -> None:
    model = net(RECURRENT.replace("KIND", kind).replace("DIMS", "dim: 7 dim: 2"))
    x, cont = torch.randn(7, 2, 3), torch.ones(7, 2)
    cont[0] = 0
    assert deviation(model, {"x": x, "ends": cont}, {"x": 0, "ends": 0, "y": 0}, "y") < 1e-5


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_recurrent_net_with_lengths_step_by_step_is_the_whole_pass(kind: str) -> None:
    model = net(RECURRENT.replace("KIND", kind).replace("DIMS", "dim: 2"))
    x = torch.randn(7, 2, 3)
    with torch.no_grad():
        whole = model(x=x, ends=torch.tensor([7.0, 7]))["y"]
    with decoding(model) as decoder:
        found = [decoder.step(x=step[None], ends=torch.ones(2))["y"] for step in x]
    torch.testing.assert_close(torch.cat(found), whole, rtol=1e-5, atol=1e-5)


STEPS = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 dim: 5 dim: 3 } } }
layer { name: "h0" type: "Input" top: "h0" input_param { shape { dim: 2 dim: 4 } } }
layer {
  name: "r" type: "Recurrent" bottom: "x" bottom: "h0" top: "y"
  subnet_param { axis: 1 carry { blob: "h1" input: "h" } feed_back { blob: "o" input: "x" } output: "o" body {
    layer { name: "in" type: "Input" top: "x" top: "h"
      input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } } }
    layer { name: "u" type: "GRUUnit" bottom: "h" bottom: "x" top: "h1"
      recurrent_param { num_output: 4 FILLED } }
    layer { name: "o" type: "InnerProduct" bottom: "h1" top: "o"
      inner_product_param { num_output: 3 FILLED } }
  } }
}
"""


def test_subnet_over_steps_goes_on_and_takes_what_the_caller_gives() -> None:
    model = net(STEPS)
    with torch.no_grad():
        whole = model(x=torch.randn(2, 5, 3), h0=(h0 := torch.randn(2, 4)))["y"]  # free running
        x = torch.randn(2, 5, 3)
    assert deviation(model, {"x": x, "h0": h0}, {"x": 1, "y": 1}, "y") < 1e-5
    with decoding(model) as decoder:
        taught = decoder.step(x=x, h0=h0)["y"]
    assert not torch.allclose(taught, whole)
    with torch.no_grad():
        free = model(x=x, h0=h0)["y"]
    with decoding(model) as decoder:
        found = [decoder.step(x=x[:, :1], h0=h0)["y"]]
        for _ in range(4):
            found.append(decoder.step(x=found[-1], h0=h0)["y"])
    torch.testing.assert_close(torch.cat(found, 1), free, rtol=1e-5, atol=1e-5)


def test_select_goes_on_with_other_samples() -> None:
    model, x = transformer(), tokens()
    with decoding(model) as decoder:
        decoder.step(token=x[:, :6])
        decoder.select(torch.tensor([1, 1, 0]))
        found = decoder.step(token=x[[0, 1, 0], 6:7])["y"]
    mixed = torch.cat([x[[1, 1, 0], :6], x[[0, 1, 0], 6:7]], 1)
    with torch.no_grad():
        torch.testing.assert_close(found, model(token=mixed)["y"][:, -1:], rtol=1e-5, atol=1e-5)


def test_cont_of_a_net_in_training_is_restored() -> None:
    model = transformer()
    model.train()
    with decoding(model):
        assert not model.training
    assert model.training


def test_layer_that_needs_later_steps_is_refused() -> None:
    with (
        pytest.raises(UsageError, match=r"layer 'a_0': .*isn't causal"),
        decoding(transformer("num_heads: 2")),
    ):
        pass


def test_layer_that_mixes_steps_by_itself_deviates() -> None:
    text = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 dim: 6 } } }
layer { name: "y" type: "Convolution" bottom: "x" top: "y"
  convolution_param { num_output: 2 kernel_size: 3 pad: 1 FILLED } }
"""
    assert deviation(net(text), {"x": torch.randn(1, 2, 6)}, {"x": 2, "y": 2}, "y") > 0.01


def test_net_with_data_is_refused() -> None:
    text = 'layer { name: "x" type: "DummyData" top: "x" dummy_data_param { shape { dim: 2 } } }'
    with pytest.raises(UsageError, match="reads data"), decoding(net(text)):
        pass
