"""A convolutional net over time, for sequences of rows of numbers."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import Word, layer

_MSRA = {"type": "msra"}
_STEPS = 5
"""Steps that a filter looks at."""


@template
class TemporalConv(Template):
    """Two convolutions over the steps, then the maximum of each feature over time."""

    name = "temporal_conv"
    what = "a convolutional net over time, which looks for patterns of a few steps, wherever they are"
    images = False

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        length, width = (int(size) for size in description.shapes["data"])
        steps = min(_STEPS, length if length % 2 else max(1, length - 1))
        text = layer(
            "steps", "Reshape", "data", "steps", "One channel of steps x numbers.",
            reshape_param={"shape": {"dim": [0, 1, length, width]}},
        )  # fmt: skip
        bottom = "steps"
        for number, (count, across) in enumerate(((64, width), (128, 1)), 1):
            name = f"conv{number}"
            why = f"Each filter looks at {steps} steps, and at all numbers of a step." if number == 1 else ""
            param = {"num_output": count, "kernel_h": steps, "kernel_w": across, "pad_h": steps // 2,
                     "pad_w": 0, "bias_term": False, "weight_filler": _MSRA}  # fmt: skip
            text += layer(name, "Convolution", bottom, name, why, convolution_param=param)
            text += layer(
                f"{name}_bn", "BatchNorm", name, name, batch_norm_param={"moving_average_fraction": 0.9}
            )
            text += layer(f"{name}_scale", "Scale", name, name, scale_param={"bias_term": True})
            text += layer(f"{name}_relu", "ReLU", name, name)
            bottom = name
        text += layer(
            "over_time", "Pooling", bottom, "over_time",
            "The maximum of each feature over time: what fills short sequences up hardly matters.",
            pooling_param={"pool": Word("MAX"), "global_pooling": True},
        )  # fmt: skip
        text += layer("drop", "Dropout", "over_time", "over_time", dropout_param={"dropout_ratio": 0.2})
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", "over_time", SCORE, inner_product_param=last)
