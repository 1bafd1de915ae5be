"""Layers that list the detections of YOLO as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

SOURCE: Final = '''
def yolo_candidates(x, anchors, gaussian=False, softmax=False):
    """Centre, size, class and score of each box of a grid; ``anchors`` are fractions of the image."""
    height, width = x.shape[2:]
    raw = x.unflatten(1, (len(anchors), -1)).permute(0, 3, 4, 1, 2)
    step = 2 if gaussian else 1
    center = torch.cat((raw[..., 0:1], raw[..., step : step + 1]), -1).sigmoid()
    column, row = torch.arange(width).reshape(-1, 1), torch.arange(height).reshape(-1, 1, 1)
    size = torch.cat((raw[..., 2 * step, None], raw[..., 3 * step, None]), -1).exp() * torch.tensor(anchors)
    boxes = ((center[..., 0] + column) / width, (center[..., 1] + row) / height, size[..., 0], size[..., 1])
    objectness, scores = raw[..., 4 * step].sigmoid(), raw[..., 4 * step + 1 :]
    if gaussian:
        objectness = objectness * (1 - raw[..., 1:8:2].sigmoid().mean(-1))
    scores = scores.softmax(-1) if softmax else scores.sigmoid() * objectness.unsqueeze(-1)
    best, label = scores.max(-1)
    best = best * objectness if softmax else best
    return torch.stack(boxes, -1).reshape(-1, 4), label.flatten(), best.flatten()


def yolo_rows(candidates, above, threshold, images):
    """Rows of 0, class from 1, score, xmin, ymin, xmax, ymax: the candidates that no better one overlaps."""
    boxes, label, score = (torch.cat(parts) for parts in zip(*candidates))
    order = score.argsort(descending=True, stable=True)
    order = order[score[order] > above]
    half = boxes[:, 2:] / 2
    corners = torch.cat((boxes[:, :2] - half, boxes[:, :2] + half), 1)
    kept = suppress(corners, order, threshold)
    if not len(kept):
        return torch.tensor([[image, *[-1.0] * 6] for image in range(images)]).reshape(1, 1, -1, 7)
    front = torch.stack((torch.zeros_like(score), label + 1.0, score), 1)
    return torch.cat((front, corners), 1)[kept].reshape(1, 1, -1, 7)
'''
"""Functions ``yolo_candidates`` and ``yolo_rows``; need `nms_source`."""
