"""LeNet, with as many stages as the images are large."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import Word, layer

_MSRA = {"type": "msra"}


@template
class LeNet(Template):
    """Stages of a convolution and a pooling that halves the sides, until they are below 8."""

    name = "lenet"
    what = "LeNet with BatchNorm: a small convolutional net, which learns from few images"
    most = 64

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        text = image_features(side)
        text += layer(
            "drop", "Dropout", "ip1", "ip1",
            "Against learning the training data by heart; lower it if even the training loss stays high.",
            dropout_param={"dropout_ratio": 0.3},
        )  # fmt: skip
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", "ip1", SCORE, inner_product_param=last)


def image_features(side: int) -> str:
    """The stages of LeNet, and a layer ``ip1`` of 128 features of each image.

    Args:
        side: side of the images in pixels.
    """
    text, bottom, number, count = "", "data", 1, 32
    while side >= 8 or number == 1:
        name = f"conv{number}"
        text += layer(
            name, "Convolution", bottom, name,
            "Each stage halves the sides, and looks for twice as many features." if number == 1 else "",
            convolution_param={"num_output": count, "kernel_size": 3, "pad": 1, "bias_term": False,
                               "weight_filler": _MSRA},
        )  # fmt: skip
        text += layer(
            f"{name}_bn", "BatchNorm", name, name, batch_norm_param={"moving_average_fraction": 0.9}
        )
        text += layer(f"{name}_scale", "Scale", name, name, scale_param={"bias_term": True})
        text += layer(f"{name}_relu", "ReLU", name, name)
        bottom = f"pool{number}"
        pool = {"pool": Word("MAX"), "kernel_size": 2, "stride": 2}
        text += layer(bottom, "Pooling", name, bottom, pooling_param=pool)
        side, number, count = -(-side // 2), number + 1, min(128, count * 2)
    dense = {"num_output": 128, "weight_filler": _MSRA}
    text += layer("ip1", "InnerProduct", bottom, "ip1", inner_product_param=dense)
    return text + layer("ip1_relu", "ReLU", "ip1", "ip1")
