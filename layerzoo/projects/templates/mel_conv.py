"""A convolutional net over spectra of recordings."""

from __future__ import annotations

from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import Word, layer

_MSRA = {"type": "msra"}
_COUNTS = (32, 64, 128)


@template
class MelConv(Template):
    """Three convolutions over bands and time, each followed by a pooling, then the mean over both."""

    name = "mel_conv"
    what = "a convolutional net over the bands and times of a spectrum"
    images = False

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        _, bands, frames = (int(size) for size in description.shapes["data"])
        text = layer(
            "levels", "BatchNorm", "data", "levels", "Levels are normalised: recordings differ in loudness.",
            batch_norm_param={"moving_average_fraction": 0.9},
        )  # fmt: skip
        bottom = "levels"
        for number, count in enumerate(_COUNTS, 1):
            name = f"conv{number}"
            param = {"num_output": count, "kernel_size": 3, "pad": 1, "bias_term": False,
                     "weight_filler": _MSRA}  # fmt: skip
            text += layer(name, "Convolution", bottom, name, convolution_param=param)
            text += layer(
                f"{name}_bn", "BatchNorm", name, name, batch_norm_param={"moving_average_fraction": 0.9}
            )
            text += layer(f"{name}_scale", "Scale", name, name, scale_param={"bias_term": True})
            text += layer(f"{name}_relu", "ReLU", name, name)
            bottom = name
            if number < len(_COUNTS) and min(bands, frames) >= 4:
                bottom, bands, frames = f"pool{number}", -(-bands // 2), -(-frames // 2)
                pool = {"pool": Word("MAX"), "kernel_size": 2, "stride": 2}
                text += layer(bottom, "Pooling", name, bottom, pooling_param=pool)
        text += layer(
            "mean", "Pooling", bottom, "mean", "The mean over bands and time: a sound counts wherever it is.",
            pooling_param={"pool": Word("AVE"), "global_pooling": True},
        )  # fmt: skip
        text += layer("drop", "Dropout", "mean", "mean", dropout_param={"dropout_ratio": 0.2})
        last = {"num_output": outputs, "weight_filler": {"type": "xavier"}}
        return text + layer(SCORE, "InnerProduct", "mean", SCORE, inner_product_param=last)
