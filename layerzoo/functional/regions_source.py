"""Layers that pool regions of interest as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

ROUND: Final = '''
def round_away(x):
    """The nearest whole number, halves away from zero."""
    whole = x.trunc()
    return torch.where((x - whole).abs() >= 0.5, whole + x.sign(), whole)
'''
"""A function ``round_away``."""

MAXIMUM: Final = '''
def roi_pool(x, regions, rows, columns, scale, pad_ratio=0):
    """The maximum of each bin of regions of image, x1, y1, x2, y2; 0 for a bin outside the image."""
    pooled = x.new_zeros(len(regions), x.shape[1], rows, columns)
    low, high = regions[:, 1:3], regions[:, 3:]
    context = (high - low + 1) * pad_ratio
    low, high = round_away((low - context) * scale), round_away((high + context) * scale)
    edges = []
    for axis, count, size in ((1, rows, x.shape[2]), (0, columns, x.shape[3])):
        step = (high[:, axis] - low[:, axis] + 1).clamp(min=1) / count
        edge = torch.arange(count + 1) * step.unsqueeze(1)
        start = edge[:, :-1].floor() + low[:, axis, None]
        end = edge[:, 1:].ceil() + low[:, axis, None]
        edges += [start.clamp(0, size).long().tolist(), end.clamp(0, size).long().tolist()]
    for index, image in enumerate(regions[:, 0].long().tolist()):
        tops, bottoms, lefts, rights = (edge[index] for edge in edges)
        for i, (top, bottom) in enumerate(zip(tops, bottoms)):
            for j, (left, right) in enumerate(zip(lefts, rights)):
                if top < bottom and left < right:
                    pooled[index, :, i, j] = x[image, :, top:bottom, left:right].amax((1, 2))
    return pooled
'''
"""A function ``roi_pool``; needs `ROUND`."""

MEAN: Final = '''
def psroi_pool(x, regions, grid, scale):
    """The mean of each bin of regions of image, x1, y1, x2, y2, over channels of the bin's own."""
    low = round_away(regions[:, 1:3]) * scale
    step = ((round_away(regions[:, 3:]) + 1) * scale - low).clamp(min=0.1) / grid
    edge = torch.arange(grid + 1).reshape(-1, 1, 1) * step + low
    size = torch.tensor([x.shape[3], x.shape[2]])
    start = torch.minimum(edge[:-1].floor().clamp(min=0), size).long().tolist()
    end = torch.minimum(edge[1:].ceil().clamp(min=0), size).long().tolist()
    parts = x.unflatten(1, (-1, grid, grid))
    pooled = x.new_zeros(len(regions), parts.shape[1], grid, grid)
    for index, image in enumerate(regions[:, 0].long().tolist()):
        for i in range(grid):
            for j in range(grid):
                top, bottom = start[i][index][1], end[i][index][1]
                left, right = start[j][index][0], end[j][index][0]
                if top < bottom and left < right:
                    bin = parts[image, :, i, j, top:bottom, left:right]
                    pooled[index, :, i, j] = bin.mean((1, 2))
    return pooled
'''
"""A function ``psroi_pool``; needs `ROUND`."""

SAMPLES: Final = '''
def roi_align(x, regions, rows, columns, scale, samples):
    """The mean of samples in each bin of regions of image, x1, y1, x2, y2; 0 samples: one per element."""
    weights = []
    for axis, count, size in ((2, rows, x.shape[2]), (1, columns, x.shape[3])):
        low, high = regions[:, axis] * scale, regions[:, axis + 2] * scale
        step = (high - low).clamp(min=1) / count
        number = torch.full_like(step, samples) if samples else step.ceil()
        most = int(number.max()) if len(number) else 1
        within = (torch.arange(most) + 0.5) / number.unsqueeze(1)
        at = torch.arange(count).reshape(-1, 1) + within.unsqueeze(1)
        points = low.reshape(-1, 1, 1) + at * step.reshape(-1, 1, 1)
        used = (points >= -1) & (points <= size) & (within.unsqueeze(1) < 1)
        near = (points.clamp(0, size - 1).unsqueeze(-1) - torch.arange(size)).abs()
        weight = ((1 - near).clamp(min=0) * used.unsqueeze(-1)).sum(-2)
        weights.append(weight / number.reshape(-1, 1, 1))
    down, across = weights
    images = x[regions[:, 0].long()]
    return torch.einsum("rph,rchw,rqw->rcpq", down, images, across)
'''
"""A function ``roi_align``, of Mask R-CNN's layer."""
