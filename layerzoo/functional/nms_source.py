"""Non-maximum suppression as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

SOURCE: Final = '''
def suppress(boxes, order, threshold, extra=0, most=None):
    """Visit boxes in an order and keep those that no kept one overlaps by more than a threshold."""
    area = (boxes[:, 2:] - boxes[:, :2] + extra).clamp(min=0).prod(1)
    kept = order[:0]
    while len(order) and (most is None or len(kept) < most):
        best, order = order[:1], order[1:]
        kept = torch.cat((kept, best))
        low = torch.maximum(boxes[best, :2], boxes[order, :2])
        high = torch.minimum(boxes[best, 2:], boxes[order, 2:])
        inner = (high - low + extra).clamp(min=0).prod(1)
        overlap = torch.where(inner > 0, inner / (area[best] + area[order] - inner), 0)
        order = order[overlap <= threshold]
    return kept
'''
"""A function ``suppress`` of boxes (K, 4) and of indices; returns those of the boxes to keep."""
