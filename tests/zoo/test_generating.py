"""The net that generates samples, derived from the net that trains."""

from __future__ import annotations

import pytest

from layerzoo.errors import ConfigError, ZooError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.zoo.generating import generates, generating_net

AUTOENCODER = """
name: autoencoder
layer:
- {name: digits, type: Dataset, top: [data, label], dataset_param: {name: digits, split: test, batch_size: 9}}
- {name: unused, type: Silence, bottom: label}
- {name: code, type: InnerProduct, bottom: data, top: code, inner_product_param: {num_output: 4},
   exclude: {stage: generate}}
- {name: code, type: DummyData, top: code, include: {stage: generate},
   dummy_data_param: {shape: {dim: [9, 4]}, data_filler: {type: gaussian}}}
- {name: x, type: InnerProduct, bottom: code, top: x,
   inner_product_param: {num_output: 784, weight_filler: {type: xavier}}}
- {name: flat, type: Flatten, bottom: data, top: flat}
- {name: loss, type: SigmoidCrossEntropyLoss, bottom: [x, flat], top: loss}
"""
GAN = """
name: gan
layer:
- {name: digits, type: Dataset, top: [real, label], dataset_param: {name: digits, split: test, batch_size: 4}}
- {name: noise, type: DummyData, top: [z, one],
   dummy_data_param: {shape: [{dim: [4, 3]}, {dim: [4, 1]}],
     data_filler: [{type: gaussian}, {type: constant, value: 1}]}}
- {name: G, type: InnerProduct, bottom: z, top: fake, inner_product_param: {num_output: 2}}
- {name: D, type: InnerProduct, bottom: fake, top: score, inner_product_param: {num_output: 1}}
- {name: real_score, type: InnerProduct, bottom: real, top: real_score, inner_product_param: {num_output: 1}}
- {name: loss, type: SigmoidCrossEntropyLoss, bottom: [score, one], top: loss}
- {name: real_loss, type: SigmoidCrossEntropyLoss, bottom: [real_score, one], top: real_loss}
"""


def message(text: str) -> NetParameter:
    return parse_net(text, format="yaml").message


def layers(net: NetParameter) -> list[tuple[str, str, list[str], list[str]]]:
    return [(layer.name, layer.type, list(layer.bottom), list(layer.top)) for layer in net.layer]


def test_stage_gives_noise_in_the_place_of_data_and_images_get_their_shape() -> None:
    made = generating_net(message(AUTOENCODER))
    assert layers(made) == [
        ("code", "DummyData", [], ["code"]),
        ("x", "InnerProduct", ["code"], ["x"]),
        ("prob", "Sigmoid", ["x"], ["prob"]),
        ("image", "Reshape", ["prob"], ["image"]),
    ]
    assert not made.layer[1].inner_product_param.HasField("weight_filler")
    assert not made.layer[0].include
    assert {name: tuple(blob.shape) for name, blob in Net(made)().items()} == {"image": (9, 1, 28, 28)}
    assert generates(message(AUTOENCODER))


def test_named_blob_needs_no_stage() -> None:
    assert layers(generating_net(message(GAN), "fake")) == [
        ("noise", "DummyData", [], ["z", "one"]),
        ("G", "InnerProduct", ["z"], ["fake"]),
    ]
    staged = message(AUTOENCODER)
    assert [name for name, *_ in layers(generating_net(staged, "x"))] == ["code", "x"]


def test_what_depends_on_data_is_left_out() -> None:
    judged = GAN.replace("name: G,", "name: G, include: {not_stage: nothing}, ").replace(
        "nothing", "generate"
    )
    with pytest.raises(ConfigError, match="fake"):
        generating_net(message(judged))
    staged = GAN + "- {name: also, type: Power, bottom: fake, top: also, include: {stage: generate}}\n"
    made = generating_net(message(staged))
    assert [name for name, *_ in layers(made)] == ["noise", "G", "D", "also", "prob"]


@pytest.mark.parametrize(
    ("text", "blob", "words"),
    [
        (GAN, "", "net 'gan' has no rules for the stage 'generate'"),
        (GAN, "fakes", "net 'gan' has no blob 'fakes'; did you mean 'fake'"),
        (GAN, "real_score", "blob 'real_score' depends on layer 'digits', which reads data"),
        (
            AUTOENCODER.replace("exclude: {stage: generate}", "exclude: {stage: other}").replace(
                "include: {stage: generate}", "include: {stage: [generate, other]}"
            ),
            "",
            "every output depends on layer 'digits', which reads data, in the stage 'generate'",
        ),
    ],
)
def test_net_that_generates_nothing_says_why(text: str, blob: str, words: str) -> None:
    with pytest.raises(ZooError, match=words):
        generating_net(message(text), blob)
