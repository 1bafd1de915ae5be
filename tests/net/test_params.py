"""Sharing of params: by name within a net, by layer between nets."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from layerzoo.errors import WeightsError
from layerzoo.loader import parse_net
from layerzoo.net import Net

DATA = """layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }"""


def ip(
    name: str, *, outputs: int = 3, share: str = "", more: str = "", filler: float = 0.0, bottom: str = "x"
) -> str:
    spec = f'param {{ name: "{share.split(maxsplit=1)[0]}" {" ".join(share.split()[1:])} }}' if share else ""
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {spec} {more} '
        f"inner_product_param {{ num_output: {outputs} bias_term: false "
        f'weight_filler {{ type: "constant" value: {filler} }} }} }}'
    )


def net(*layers: str, data: str = DATA, **how: object) -> Net:
    return Net(parse_net(data + "".join(layers)), **how)  # type: ignore[arg-type]


def ones(of: Net) -> dict[str, list[float]]:
    return {name: top.flatten().tolist() for name, top in of(torch.ones(1, 2)).items()}


PERMISSIVE = "w share_mode:PERMISSIVE"
CONV = (
    'layer { name: "c" type: "Convolution" bottom: "i" top: "c" param { name: "w" } convolution_param '
    '{ num_output: 2 kernel_size: 1 bias_term: false weight_filler { type: "constant" value: 0.5 } } }'
)
IMAGE = """layer { name: "in" type: "Input" top: "x" top: "i"
  input_param { shape { dim: 1 dim: 3 } shape { dim: 1 dim: 3 dim: 1 dim: 1 } } }"""


def permissive(**how: object) -> Net:
    """A 2 x 3 x 1 x 1 weight that another layer uses as 2 x 3."""
    return net(CONV, ip("b", outputs=2, share=PERMISSIVE), data=IMAGE, **how)


def image(of: Net) -> list[list[float]]:
    out = of(x=torch.ones(1, 3), i=torch.ones(1, 3, 1, 1))
    return [out[name].flatten().tolist() for name in ("c", "b") if name in out]


def test_share_of_a_user_that_only_the_test_net_has() -> None:
    train = net(ip("a", share="w", filler=2))
    test = net(ip("a", share="w"), ip("b", share="w", filler=7), share=train)
    assert ones(test) == {"a": [4.0] * 3, "b": [4.0] * 3}
    with torch.no_grad():
        train.params["a"][0].fill_(5)
    assert ones(test) == {"a": [10.0] * 3, "b": [10.0] * 3}


def test_share_of_an_owner_that_only_the_test_net_has() -> None:
    train = net(ip("b", share="w", filler=2))
    test = net(ip("a", share="w", filler=7), ip("b", share="w"), share=train)
    assert ones(test) == {"a": [4.0] * 3, "b": [4.0] * 3}
    assert list(map(id, test.parameters())) == list(map(id, train.parameters()))


def test_share_of_a_user_whose_owner_only_the_training_net_has() -> None:
    train = net(ip("a", share="w", filler=2))
    test = net(ip("b", share="w", filler=7), share=train)
    assert ones(test) == {"b": [4.0] * 3}


def test_share_of_three_users_in_another_order() -> None:
    train = net(*(ip(name, share="w", filler=2) for name in "abc"))
    test = net(*(ip(name, share="w", filler=7) for name in "cdab"), share=train)
    assert ones(test) == {name: [4.0] * 3 for name in "abcd"}
    assert len(list(test.parameters())) == 1


def test_share_keeps_layers_apart_that_the_other_net_keeps_apart() -> None:
    train = net(ip("a", filler=2), ip("b", filler=3))
    test = net(ip("a", share="w"), ip("b", share="w"), ip("c", share="w"), share=train)
    assert ones(test) == {"a": [4.0] * 3, "b": [6.0] * 3, "c": [4.0] * 3}


def test_share_fills_params_of_its_own() -> None:
    train = net(ip("a", share="w", filler=2))
    test = net(ip("a", share="w"), ip("d", filler=7), share=train)
    assert ones(test) == {"a": [4.0] * 3, "d": [14.0] * 3}


def test_permissive_in_both_nets() -> None:
    train = permissive()
    test = permissive(share=train)
    with torch.no_grad():
        train.params["c"][0].copy_(torch.arange(6.0).reshape(2, 3, 1, 1))
    assert image(test) == image(train) == [[3.0, 12.0]] * 2


def test_permissive_in_one_net_only() -> None:
    train = permissive()
    alone = net(ip("b", outputs=2, filler=7), data=IMAGE, share=train)
    assert image(alone) == [[1.5, 1.5]]
    only_conv = net(CONV, data=IMAGE)
    later = permissive(share=only_conv)
    assert image(later) == [[1.5, 1.5]] * 2


def test_permissive_owner_in_the_other_nets_shape() -> None:
    train = permissive()
    swapped = net(
        ip("b", outputs=2, share="w"), CONV.replace('"w"', '"w" share_mode: PERMISSIVE'), data=IMAGE
    )
    swapped.share_with(train)
    assert image(swapped) == [[1.5, 1.5]] * 2
    assert [tuple(p.shape) for p in swapped.learnable] == [(2, 3, 1, 1)]
    sum(top.sum() for top in swapped(x=torch.ones(1, 3), i=torch.ones(1, 3, 1, 1)).values()).backward()
    assert train.learnable[0].grad is not None
    assert train.learnable[0].grad.flatten().tolist() == [2.0] * 6


def test_permissive_needs_the_same_count() -> None:
    train = net(ip("a", share="w"))
    with pytest.raises(
        WeightsError, match=r"can't share param 'w' of layer 'b': \(4, 2\) here, \(3, 2\) there"
    ):
        net(ip("b", outputs=4, share="w"), share=train)
    with pytest.raises(WeightsError, match="can't share params of layer 'a'"):
        net(ip("a", outputs=4), share=train)


@pytest.mark.parametrize("move", [lambda n: n.double(), lambda n: n.to("meta"), copy.deepcopy])
def test_sharing_survives_moves_and_copies(move: object) -> None:
    train = permissive()
    moved = move(train)  # type: ignore[operator]
    assert moved.params["b"][0].shape == (2, 3)
    assert len(list(moved.parameters())) == len(moved.learnable) == 1
    assert moved.learnable[0] is next(moved.parameters())


def test_copy_is_independent_of_its_original() -> None:
    train = permissive()
    other = copy.deepcopy(train)
    with torch.no_grad():
        train.learnable[0].zero_()
    assert image(other) == [[1.5, 1.5]] * 2
    assert image(train) == [[0.0, 0.0]] * 2


def test_pass_that_fails_puts_the_param_back() -> None:
    broken = permissive()
    with pytest.raises(RuntimeError):
        broken(x=torch.ones(1, 4), i=torch.ones(1, 3, 1, 1))
    assert image(broken) == [[1.5, 1.5]] * 2
    assert len(list(broken.parameters())) == 1


def test_state_dict_is_restored() -> None:
    first, second = permissive(), permissive()
    with torch.no_grad():
        first.learnable[0].fill_(2)
    assert list(first.state_dict()) == ["layers.c.weight", "layers.b.weight"]
    second.load_state_dict(first.state_dict())
    assert image(second) == [[6.0, 6.0]] * 2


@pytest.mark.parametrize("suffix", [".safetensors", ".caffemodel", ".h5"])
def test_weights_files_complete_a_shared_param_through_one_layer(tmp_path: Path, suffix: str) -> None:
    first = permissive()
    with torch.no_grad():
        first.learnable[0].fill_(2)
    first.save_weights(tmp_path / f"w{suffix}")
    second = permissive()
    assert second.load_weights(tmp_path / f"w{suffix}", strict=True).complete
    assert image(second) == [[6.0, 6.0]] * 2
    only_owner = net(CONV, data=IMAGE)
    only_owner.save_weights(tmp_path / f"c{suffix}")
    assert permissive().load_weights(tmp_path / f"c{suffix}", strict=True).complete


def test_gradients_are_in_each_layers_shape() -> None:
    train = permissive(phase="TRAIN")
    sum(top.sum() for top in train(x=torch.ones(1, 3), i=torch.ones(1, 3, 1, 1)).values()).backward()
    found = train.param_places.gradients()
    assert {name: [tuple(g.shape) for g in grads] for name, grads in found.items()} == {
        "c": [(2, 3, 1, 1)], "b": [(2, 3)],
    }  # fmt: skip
    assert all(grad.flatten().tolist() == [2.0] * 6 for grads in found.values() for grad in grads)


def test_views_compile_and_export() -> None:
    train = permissive()
    x, i = torch.rand(2, 3), torch.rand(2, 3, 1, 1)
    wanted = train(x=x, i=i)
    compiled = torch.compile(train, fullgraph=True, backend="eager")(x=x, i=i)
    exported = torch.export.export(train, (), {"x": x, "i": i}).module()(x=x, i=i)
    for name, top in wanted.items():
        assert torch.equal(compiled[name], top)
        assert torch.equal(exported[name], top)


def test_share_memory_shows_each_change_and_keeps_gradients_apart() -> None:
    source, other = net(ip("a", filler=2)), net(ip("a", filler=7))
    other.param_places.share_memory(source.param_places)
    (theirs,), (mine,) = source.learnable, other.learnable
    assert mine is not theirs
    with torch.no_grad():
        theirs.fill_(3)
    assert ones(other) == {"a": [6.0] * 3}
    other(torch.ones(1, 2))["a"].sum().backward()
    assert mine.grad is not None
    assert theirs.grad is None


def test_share_memory_unties_what_the_other_net_keeps_apart() -> None:
    source = net(ip("a", filler=2), ip("b", filler=5))
    other = net(ip("a", share="w"), ip("b", share="w"))
    other.param_places.share_memory(source.param_places)
    assert ones(other) == {"a": [4.0] * 3, "b": [10.0] * 3}


def test_share_pairs_layers_of_one_name_in_their_order() -> None:
    def twice(first: float, second: float, **how: object) -> Net:
        return net(ip("a", filler=first), ip("a", filler=second).replace('top: "a"', 'top: "b"'), **how)

    assert ones(twice(7, 7, share=twice(1, 2))) == {"a": [2.0] * 3, "b": [4.0] * 3}
