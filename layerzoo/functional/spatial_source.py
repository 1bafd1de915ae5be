"""SpatialTransformer as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

SPATIAL_TRANSFORMER: Final = '''
def spatial_transformer(image, places, size, fixed, grid, x_first, nearest, zeros):
    """The image at the places of a grid, or where matrices with some fixed numbers take its pixels."""
    if fixed is None:
        first, second = places.unbind(-1)
    else:
        given = iter(places.flatten(1).unbind(1))
        m = [next(given)[:, None, None] if value is None else value for value in fixed]
        axes = []
        for count in size:
            i = torch.arange(count, dtype=places.dtype, device=places.device)
            last = (2 * i / max(1, count - 1) - 1) if count > 1 else i
            axes.append([2 * i / count - 1, last, (2 * i + 1) / count - 1][grid])
        a, b = (axes[1], axes[0][:, None]) if x_first else (axes[0][:, None], axes[1])
        whole = places.new_zeros(len(places), *size)
        first, second = whole + m[0] * a + m[1] * b + m[2], whole + m[3] * a + m[4] * b + m[5]
    at = []
    x, y = (first, second) if x_first else (second, first)
    for place, count in ((x, image.shape[3]), (y, image.shape[2])):
        pixel = [(place + 1) * count / 2, (place + 1) * (count - 1) / 2, ((place + 1) * count - 1) / 2][grid]
        pixel = pixel.round() if nearest else pixel
        at.append((2 * pixel + 1) / count - 1)
    mode, padding = "nearest" if nearest else "bilinear", "zeros" if zeros else "border"
    return F.grid_sample(image, torch.stack(at, -1), mode, padding, align_corners=False)
'''
"""A function ``spatial_transformer``."""
