"""Values of blob versions."""

from __future__ import annotations

import pytest
import torch

from layerzoo.errors import UsageError
from layerzoo.visualise.blob_values import input_of, layer_named, top_of, values_of
from tests.visualise.nets import net_of, small_net


def test_values_are_of_each_version_of_an_in_place_blob() -> None:
    net = small_net()
    image = torch.randn(1, 1, 6, 6)
    before, after = top_of(net, "conv").index, top_of(net, "relu").index
    found = values_of(net, image, {before, after})
    weight, bias = net.params["conv"]
    plain = torch.nn.functional.conv2d(image, weight, bias)
    torch.testing.assert_close(found[before], plain)
    torch.testing.assert_close(found[after], plain.relu())
    assert (found[before] < 0).any()


def test_values_have_their_autograd_graph() -> None:
    net = small_net()
    image = torch.randn(1, 1, 6, 6, requires_grad=True)
    index = top_of(net, "conv").index
    (found,) = torch.autograd.grad(values_of(net, image, {index})[index].sum(), image)
    assert found.abs().sum() > 0


def test_layers_that_are_not_needed_do_not_run() -> None:
    net = small_net()
    ran: list[str] = []
    for name in ("conv", "ip"):
        net.layer(name).register_forward_hook(lambda *_, name=name: ran.append(name))
    values_of(net, torch.zeros(1, 1, 6, 6), {top_of(net, "relu").index})
    assert ran == ["conv"]


def test_layer_that_is_unknown_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"no layer 'cnov' in net 'small'; did you mean 'conv'\?"):
        layer_named(small_net(), "cnov")
    with pytest.raises(UsageError, match="it has data, conv, relu, ip, prob"):
        layer_named(small_net(), "zzz")


def test_layer_without_a_top_is_refused() -> None:
    net = small_net(extra="- {name: quiet, type: Silence, bottom: ip}\n")
    with pytest.raises(UsageError, match="layer 'quiet' of net 'small' has no top"):
        top_of(net, "quiet")


def test_net_of_two_inputs_is_refused() -> None:
    net = net_of("""
    name: two
    layer:
    - {name: a, type: Input, top: [a, b], input_param: {shape: [{dim: [1, 2]}, {dim: [1, 2]}]}}
    - {name: sum, type: Eltwise, bottom: [a, b], top: sum}
    """)
    with pytest.raises(UsageError, match="net 'two' has the inputs a, b; expected one"):
        input_of(net)
