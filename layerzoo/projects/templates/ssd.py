"""SSD, for boxes around objects."""

from __future__ import annotations

from typing import ClassVar

from layerzoo.projects.asked import DETECTION
from layerzoo.projects.data_description import DataDescription
from layerzoo.projects.template import Template, template
from layerzoo.projects.yaml_text import Word, layer

_MSRA = {"type": "msra"}
_TEST = {"phase": Word("TEST")}
_TRAIN = {"phase": Word("TRAIN")}
_RATIO = 2
_PRIORS = 4
"""Default boxes at each place: a square, a larger one, and two of ratio 1:2 and 2:1."""


@template
class SSD(Template):
    """SSD (Liu et al. 2016), small: boxes of three sizes of features, trained from random weights."""

    name = "ssd"
    what = "a small SSD: boxes from features of three sizes"
    tasks: ClassVar[tuple[str, ...]] = (DETECTION,)
    most = 160
    multiple = 32
    batch = 8
    rate = 0.002
    why = "0.002 suits a small SSD with BatchNorm; too high if the loss rises"
    own_head = True
    solver = (
        ("eval_type", Word("detection"), "The score is the mean average precision."),
        ("ap_version", "11point", ""),
    )

    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data; see `Template.layers`."""
        classes = len(description.classes) + 1  # and the background
        text, bottom = "", "data"
        for number, count in enumerate((16, 32, 48, 64, 96), 1):
            why = "Each stage halves the sides; the last three give boxes." if number == 1 else ""
            text += _block(f"conv{number}a", bottom, count, why)
            bottom = f"conv{number}a"
            if number > 2:
                text += _block(f"conv{number}b", bottom, count)
                bottom = f"conv{number}b"
            if number < 5:
                pool = {"pool": Word("MAX"), "kernel_size": 2, "stride": 2}
                text += layer(f"pool{number}", "Pooling", bottom, f"pool{number}", pooling_param=pool)
                bottom = f"pool{number}"
        shares = ((0.1, 0.2), (0.2, 0.4), (0.4, 0.75))
        sources = ("conv3b", "conv4b", "conv5b")
        for source, (least, most) in zip(sources, shares, strict=True):
            text += _boxes(source, least * side, most * side, classes)
        for name, axis in (("loc", 1), ("conf", 1), ("prior", 2)):
            ends = [f"{source}_{name}" + ("" if name == "prior" else "_flat") for source in sources]
            text += layer(name, "Concat", ends, name, concat_param={"axis": axis})
        return text + _losses(classes)


def _block(name: str, bottom: str, count: int, why: str = "") -> str:
    param = {"num_output": count, "kernel_size": 3, "pad": 1, "bias_term": False, "weight_filler": _MSRA}
    text = layer(name, "Convolution", bottom, name, why, convolution_param=param)
    text += layer(f"{name}_bn", "BatchNorm", name, name, batch_norm_param={"moving_average_fraction": 0.95})
    text += layer(f"{name}_scale", "Scale", name, name, scale_param={"bias_term": True})
    return text + layer(f"{name}_relu", "ReLU", name, name)


def _boxes(source: str, least: float, most: float, classes: int) -> str:
    text = ""
    for name, count in (("loc", 4), ("conf", classes)):
        top = f"{source}_{name}"
        param = {
            "num_output": _PRIORS * count,
            "kernel_size": 3,
            "pad": 1,
            "weight_filler": {"type": "xavier"},
        }
        text += layer(top, "Convolution", source, top, convolution_param=param)
        text += layer(f"{top}_perm", "Permute", top, f"{top}_perm", permute_param={"order": [0, 2, 3, 1]})
        text += layer(f"{top}_flat", "Flatten", f"{top}_perm", f"{top}_flat")
    prior = {"min_size": round(least, 1), "max_size": round(most, 1), "aspect_ratio": _RATIO,
             "variance": [0.1, 0.1, 0.2, 0.2]}  # fmt: skip
    name = f"{source}_prior"
    why = f"Default boxes of about {least:.0f} to {most:.0f} pixels; objects of other sizes need others."
    return text + layer(name, "PriorBox", [source, "data"], name, why, prior_box_param=prior)


def _losses(classes: int) -> str:
    multibox = {
        "loc_loss_type": Word("SMOOTH_L1"), "conf_loss_type": Word("SOFTMAX"), "loc_weight": 1,
        "num_classes": classes, "share_location": True, "match_type": Word("PER_PREDICTION"),
        "overlap_threshold": 0.5, "use_prior_for_matching": True, "background_label_id": 0,
        "neg_pos_ratio": 3, "neg_overlap": 0.5, "code_type": Word("CENTER_SIZE"),
        "mining_type": Word("MAX_NEGATIVE"),
    }  # fmt: skip
    text = layer(
        "loss", "MultiBoxLoss", ["loc", "conf", "prior", "label"], "loss", include=_TRAIN,
        propagate_down=[True, True, False, False], loss_param={"normalization": Word("VALID")},
        multibox_loss_param=multibox,
    )  # fmt: skip
    text += layer("conf_reshape", "Reshape", "conf", "conf_reshape", include=_TEST,
                  reshape_param={"shape": {"dim": [0, -1, classes]}})  # fmt: skip
    text += layer("conf_softmax", "Softmax", "conf_reshape", "conf_softmax", include=_TEST,
                  softmax_param={"axis": 2})  # fmt: skip
    text += layer("conf_flat", "Flatten", "conf_softmax", "conf_flat", include=_TEST)
    output = {
        "num_classes": classes, "share_location": True, "background_label_id": 0,
        "nms_param": {"nms_threshold": 0.45, "top_k": 200}, "code_type": Word("CENTER_SIZE"),
        "keep_top_k": 50, "confidence_threshold": 0.01,
    }  # fmt: skip
    text += layer("detections", "DetectionOutput", ["loc", "conf_flat", "prior"], "detections", include=_TEST,
                  detection_output_param=output)  # fmt: skip
    judged = {"num_classes": classes, "background_label_id": 0, "overlap_threshold": 0.5}
    return text + layer(
        "mean_average_precision", "DetectionEvaluate", ["detections", "label"], "mean_average_precision",
        include=_TEST, detection_evaluate_param=judged,
    )  # fmt: skip
