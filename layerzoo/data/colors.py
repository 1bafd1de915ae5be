"""Convert images of bytes between colour spaces, with OpenCV's results to within a grey level.

Images are channels x height x width, in the order blue, green, red.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layerzoo.data.samples import Image

_Values = NDArray[np.float32]


def to_bytes(values: NDArray[np.floating]) -> Image:
    """Round to bytes; values outside 0 to 255 become the nearest of them."""
    rounded: Image = np.rint(values).clip(0, 255).astype(np.uint8)
    return rounded


def gray(image: Image) -> Image:
    """The brightness, 1 x height x width."""
    if len(image) == 1:
        return image
    blue, green, red = image.astype(np.int32)
    brightness: Image = (blue * 1868 + green * 9617 + red * 4899 + 8192) >> 14
    return brightness[None].astype(np.uint8)


def to_ycrcb(image: Image) -> Image:
    """Brightness, and the differences of red and blue from it, plus 128."""
    blue, _, red = image.astype(np.float32)
    brightness = gray(image)[0].astype(np.float32)
    return to_bytes(
        np.stack((brightness, (red - brightness) * 0.713 + 128, (blue - brightness) * 0.564 + 128))
    )


def from_ycrcb(image: Image) -> Image:
    """The inverse of `to_ycrcb`."""
    brightness, reds, blues = image.astype(np.float32)
    reds, blues = reds - 128, blues - 128
    green = brightness - 0.714 * reds - 0.344 * blues
    return to_bytes(np.stack((brightness + 1.773 * blues, green, brightness + 1.403 * reds)))


def to_hsv(image: Image) -> Image:
    """Hue (0 to 180, in units of 2 degrees), saturation and value (0 to 255)."""
    blue, green, red = image.astype(np.float32)
    value, low = image.max(0).astype(np.float32), image.min(0).astype(np.float32)
    spread = value - low
    saturation = np.where(value > 0, spread * 255 / np.maximum(value, 1), 0)
    safe = np.maximum(spread, 1)
    sixths = np.where(
        value == red,
        (green - blue) / safe,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = np.rint(np.where(spread > 0, sixths * 30, 0))
    hue = np.where(hue < 0, hue + 180, hue)
    return to_bytes(np.stack((hue, saturation, value)))


def from_hsv(image: Image) -> Image:
    """The inverse of `to_hsv`; hues from 180 on start over."""
    hue, saturation, value = image.astype(np.float32)
    saturation, value = saturation / 255, value / 255
    sixths = (hue / 30) % 6
    sector = np.floor(sixths).astype(np.int64) % 6
    part = sixths - np.floor(sixths)
    table = np.stack(
        (
            value,
            value * (1 - saturation),
            value * (1 - saturation * part),
            value * (1 - saturation * (1 - part)),
        )
    )
    which = np.array([[1, 3, 0], [1, 0, 2], [3, 0, 1], [0, 2, 1], [0, 1, 3], [2, 1, 0]])[sector]
    return to_bytes(np.take_along_axis(table, which.transpose(2, 0, 1), 0) * 255)


def to_lab(image: Image) -> _Values:
    """CIE L*a*b* of sRGB values: L 0 to 100, a and b about -127 to 127, in single precision."""
    linear = image.astype(np.float64) / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    blue, green, red = linear
    white = np.array([0.950456, 1.0, 1.088754])
    x = (0.412453 * red + 0.357580 * green + 0.180423 * blue) / white[0]
    y = (0.212671 * red + 0.715160 * green + 0.072169 * blue) / white[1]
    z = (0.019334 * red + 0.119193 * green + 0.950227 * blue) / white[2]
    fx, fy, fz = (np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116) for t in (x, y, z))
    lightness = np.where(y > 0.008856, 116 * fy - 16, 903.3 * y)
    return np.stack((lightness, 500 * (fx - fy), 200 * (fy - fz))).astype(np.float32)
