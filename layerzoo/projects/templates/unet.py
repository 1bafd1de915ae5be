"""U-Net, for the class of each pixel."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.projects.asked import SEGMENTATION
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import SCORE, Template, template
from layerzoo.projects.yaml_text import Word, layer

_MSRA = {"type": "msra"}
_IGNORED = 255
"""The label of pixels that are of no class, as in PASCAL VOC."""


@template
class UNet(Template):
    """U-Net (Ronneberger, Fischer and Brox 2015), small: four sizes, each joined on the way up."""

    name = "unet"
    what = "a small U-Net: the class of each pixel, from features of four sizes"
    tasks: ClassVar[tuple[str, ...]] = (SEGMENTATION,)
    most = 128
    multiple = 16
    batch = 8
    rate = 0.003
    why = "0.003 suits a small U-Net with BatchNorm; too high if the loss rises"
    own_head = True
    solver = (
        ("score_param", {"output": "mean_iou", "better": Word("HIGHER")}, "The mean overlap of all classes."),
    )

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        counts = (16, 32, 64, 96)
        text, bottom = "", "data"
        for number, count in enumerate(counts, 1):
            why = "Down: each stage sees twice as far, with more features." if number == 1 else ""
            text += _block(f"down{number}a", bottom, count, stride=2 if number == 1 else 1, why=why)
            text += _block(f"down{number}b", f"down{number}a", count)
            bottom = f"down{number}b"
            if number < len(counts):
                pool = {"pool": Word("MAX"), "kernel_size": 2, "stride": 2}
                text += layer(f"pool{number}", "Pooling", bottom, f"pool{number}", pooling_param=pool)
                bottom = f"pool{number}"
        for number, count in reversed(list(enumerate(counts[:-1], 1))):
            first = number == len(counts) - 1
            why = (
                "Up: twice as large, joined with what was seen at that size on the way down." if first else ""
            )
            up = {"num_output": count, "kernel_size": 2, "stride": 2, "weight_filler": _MSRA}
            text += layer(
                f"up{number}", "Deconvolution", bottom, f"up{number}", why, convolution_param=up,
            )  # fmt: skip
            text += layer(f"join{number}", "Concat", [f"down{number}b", f"up{number}"], f"join{number}")
            text += _block(f"up{number}a", f"join{number}", count)
            bottom = f"up{number}a"
        last = {
            "num_output": outputs,
            "kernel_size": 4,
            "stride": 2,
            "pad": 1,
            "weight_filler": {"type": "xavier"},
        }
        text += layer(SCORE, "Deconvolution", bottom, SCORE, "A score for each class and pixel.",
                      convolution_param=last)  # fmt: skip
        bottoms = [SCORE, "label"]
        text += layer("loss", "SoftmaxWithLoss", bottoms, "loss", f"Pixels labelled {_IGNORED} are left out.",
                      loss_param={"ignore_label": _IGNORED})  # fmt: skip
        return text + layer("mean_iou", "MeanIOU", bottoms, "mean_iou", include={"phase": Word("TEST")})


def _block(name: str, bottom: str, count: int, stride: int = 1, why: str = "") -> str:
    param = {"num_output": count, "kernel_size": 3, "pad": 1, "stride": stride, "bias_term": False}
    text = layer(name, "Convolution", bottom, name, why, convolution_param={**param, "weight_filler": _MSRA})
    text += layer(f"{name}_bn", "BatchNorm", name, name, batch_norm_param={"moving_average_fraction": 0.95})
    text += layer(f"{name}_scale", "Scale", name, name, scale_param={"bias_term": True})
    return text + layer(f"{name}_relu", "ReLU", name, name)
