"""DetectionOutput as plain torch, for the export of a net as Python."""

from __future__ import annotations

from typing import Final

HELPER: Final = "detection_output"
"""The name of the function in `SOURCE`."""

SOURCE: Final = '''
def detection_output(
    loc, conf, prior, classes, background, code, in_target, nms_threshold, above, top_k, eta, keep
):
    """Rows of image, label, score, xmin, ymin, xmax, ymax: the detections of each image and class."""
    images, priors = len(loc), prior[0, 0].reshape(-1, 4)
    boxes = loc.reshape(images, len(priors), -1, 4)
    if not in_target:
        boxes = boxes * prior[0, 1].reshape(-1, 1, 4)
    corners = priors.unsqueeze(1)
    size = corners[..., 2:] - corners[..., :2]
    if code == "CENTER_SIZE":
        center = boxes[..., :2] * size + (corners[..., :2] + corners[..., 2:]) / 2
        half = boxes[..., 2:].exp() * size / 2
        boxes = torch.cat((center - half, center + half), -1)
    else:
        boxes = corners + boxes * (torch.cat((size, size), -1) if code == "CORNER_SIZE" else 1)
    scores = conf.reshape(images, len(priors), classes)
    rows = []
    for image in range(images):
        found = []
        for label in range(classes):
            if label == background:
                continue
            score, box = scores[image, :, label], boxes[image, :, label if boxes.shape[2] > 1 else 0]
            order = score.argsort(descending=True, stable=True)
            order = order[score[order] > above]
            limit, kept = nms_threshold, []
            for index in (order if top_k < 0 else order[:top_k]).tolist():
                low = torch.maximum(box[index, :2], box[kept, :2])
                high = torch.minimum(box[index, 2:], box[kept, 2:])
                inner = (high - low).clamp(min=0).prod(-1)
                areas = [(b[..., 2:] - b[..., :2]).clamp(min=0).prod(-1) for b in (box[index], box[kept])]
                if bool((torch.where(inner > 0, inner / (areas[0] + areas[1] - inner), 0) <= limit).all()):
                    kept.append(index)
                    limit = limit * eta if limit > 0.5 else limit
            found += [(score[index].item(), label, index) for index in kept]
        if 0 <= keep < len(found):
            found = sorted(sorted(found, key=lambda one: -one[0])[:keep], key=lambda one: (one[1], -one[0]))
        for value, label, index in found:
            box = boxes[image, index, label if boxes.shape[2] > 1 else 0]
            rows.append(torch.cat((box.new_tensor([image, label, value]), box)))
    if not rows:
        rows = [loc.new_tensor([image, *[-1] * 6]) for image in range(images)]
    return torch.stack(rows).reshape(1, 1, -1, 7)
'''
"""A function of the bottoms and the layer's settings."""
