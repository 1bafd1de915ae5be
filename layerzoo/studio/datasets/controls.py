"""What a user sets to try transforms, and the text of the ``transform_param`` that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from layerzoo.errors import UsageError


@dataclass(frozen=True)
class Control:
    """A slider, a number or a switch.

    Attributes:
        name: its name in requests.
        label: what pages call it.
        group: the heading above it.
        text: what it adds to the text; ``{v}`` is its value, ``{low}`` and ``{high}`` are 1 - v and 1 + v.
        kind: range, number or switch.
        high, step: its largest value and its step; its smallest value, 0, leaves it out.
        unit: what stands behind its value.
        off: the value that leaves it out.
    """

    name: str
    label: str
    group: str
    text: str
    kind: Literal["range", "number", "switch"] = "range"
    high: float = 1.0
    step: float = 0.05
    unit: str = ""
    off: float = 0.0


def _switch(name: str, label: str, group: str, text: str) -> Control:
    return Control(name, label, group, text, "switch", 1, 1)


CONTROLS: Final = (
    Control(
        "resize",
        "Resize to",
        "Size",
        "resize_param.height={v} resize_param.width={v}",
        "number",
        1024,
        1,
        "px",
    ),
    Control("crop", "Crop to", "Size", "crop_size={v}", "number", 1024, 1, "px"),
    _switch("mirror", "Mirror", "Shape", "mirror=true"),
    Control("rotation", "Rotation", "Shape", "warp_param.max_rotation={v}", high=180, step=1, unit="°"),
    Control("translation", "Translation", "Shape", "warp_param.max_translation={v}", high=0.5, step=0.01),
    Control(
        "zoom", "Zoom", "Shape", "warp_param.min_zoom={low} warp_param.max_zoom={high}", high=0.9, step=0.05
    ),
    Control("shear", "Shear", "Shape", "warp_param.max_shear={v}", high=45, step=1, unit="°"),
    Control("perspective", "Perspective", "Shape", "warp_param.max_perspective={v}", high=0.9, step=0.05),
    Control("brightness", "Brightness", "Colour", "color_jitter_param.brightness={v}"),
    Control("contrast", "Contrast", "Colour", "color_jitter_param.contrast={v}"),
    Control("saturation", "Saturation", "Colour", "color_jitter_param.saturation={v}"),
    Control("hue", "Hue", "Colour", "color_jitter_param.hue={v}", high=0.5, step=0.01),
    Control("gray", "Grey, probability", "Colour", "gray_prob={v}"),
    Control("blur", "Blur", "Quality", "blur_param.max_sigma={v}", high=10, step=0.25, unit="px"),
    Control("noise", "Noise", "Quality", "gaussian_noise_param.max_std={v}", high=100, step=1, unit="levels"),
    Control("cutout", "Cutout, side", "Quality", "cutout_param.max_side={v}", step=0.05),
    Control("strength", "RandAugment", "Quality", "rand_augment_param.magnitude={v}", high=30, step=1),
    _switch("trivial", "TrivialAugment", "Quality", "trivial_augment=true"),
)
"""All controls, in the order of pages."""
_BY_NAME: Final = {control.name: control for control in CONTROLS}


def transform_text(values: Mapping[str, float]) -> str:
    """The ``transform_param`` for the values of controls, as text; fields of one message stand together.

    >>> transform_text({"mirror": 1, "rotation": 15})
    'mirror: true\\nwarp_param { max_rotation: 15 }'

    Raises:
        UsageError: there is no such control, or its value is out of range.
    """
    for name, value in values.items():
        if name not in _BY_NAME:
            raise UsageError(f"unknown control '{name}'; known: {', '.join(_BY_NAME)}")
        if not 0 <= value <= _BY_NAME[name].high:
            raise UsageError(f"'{name}' is {value:g}; expected 0 to {_BY_NAME[name].high:g}")
    plain: list[str] = []
    messages: dict[str, list[str]] = {}
    for control in CONTROLS:
        value = values.get(control.name, control.off)
        if value == control.off:
            continue
        shown = {"v": value, "low": round(1 - value, 6), "high": round(1 + value, 6)}
        for field in control.text.format(**{key: f"{number:g}" for key, number in shown.items()}).split():
            path, _, given = field.partition("=")
            message, _, name = path.rpartition(".")
            line = f"{name}: {given}"
            if message:
                messages.setdefault(message, []).append(line)
            else:
                plain.append(line)
    return "\n".join([*plain, *(f"{message} {{ {' '.join(lines)} }}" for message, lines in messages.items())])
