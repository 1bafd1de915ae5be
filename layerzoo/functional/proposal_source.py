"""Proposal as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

SOURCE: Final = '''
def propose(scores, offsets, info, anchors, stride, min_size, before, after, threshold, by_scores, column):
    """Regions of image, x1, y1, x2, y2, and their scores: the best anchors, moved by their offsets."""
    height, width = scores.shape[2:]
    y, x = torch.meshgrid(torch.arange(height) * stride, torch.arange(width) * stride, indexing="ij")
    places = (torch.stack((x, y, x, y), -1).reshape(-1, 1, 4) + anchors).reshape(-1, 4)
    sides = places[:, 2:] - places[:, :2] + 1
    regions, found = [], []
    for image in range(len(scores)):
        score = scores[image, len(anchors) :].permute(1, 2, 0).flatten()
        offset = offsets[image].permute(1, 2, 0).reshape(-1, 4)
        center = offset[:, :2] * sides + (places[:, :2] + 0.5 * sides)
        half = 0.5 * (offset[:, 2:].exp() * sides)
        rows, columns, *scale = info[min(image, len(info) - 1)].flatten()
        limit = torch.stack((columns, rows, columns, rows)) - 1
        boxes = torch.minimum(torch.cat((center - half, center + half), 1), limit).clamp(min=0)
        least = min_size * torch.stack((scale[-1] if by_scores else scale[0], scale[0]))
        large = (boxes[:, 2:] - boxes[:, :2] + 1 >= least).all(1)
        if by_scores:
            score, large = score * large, torch.ones_like(large)
        order = score.argsort(descending=True, stable=True)
        order = order[large[order]][: before or None]
        kept = suppress(boxes, order, threshold, 1, after or None)
        regions.append(torch.cat((boxes.new_full((len(kept), 1), image), boxes[kept]), 1))
        found.append(score[kept])
    return torch.cat(regions), torch.cat(found).reshape((-1, 1) if column else (-1,))
'''
"""A function ``propose`` of the bottoms and the layer's settings; needs `nms_source`."""
