"""The configs that come with Layerzoo, with small batches and small images."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "configs"
SIDES = {"fcn8s": (32, 32), "pspnet50": (89, 89), "segnet": (72, 96)}
"""Height and width of small images and their masks."""

_SIDES = ["layer[input-data].roi_data_param.short_side=224", "layer[input-data].roi_data_param.long_side=320"]
FIELDS = {
    "faster_rcnn_vgg16": _SIDES,
    "rfcn": _SIDES,
    "ssd300": ["layer[data].dataset_param.batch_size=2"],
    "yolov3_tiny": ["layer[data].dataset_param.batch_size=1", "layer[data].dataset_param.size=96"],
}
"""What makes the batches of detectors small; the anchors of Faster R-CNN need images of some size."""


def small(name: str) -> list[str]:
    """``-set`` arguments that make a batch of made-up images small."""
    field, text = "layer[data].dummy_data_param.shape", (FOLDER / name).read_text()
    if "DummyData" in text and "Dataset" not in text:
        batch = [f"{field}[0].dim[0]=2", f"{field}[1].dim[0]=2"]
        sides = next((sides for stem, sides in SIDES.items() if name.startswith(stem)), ())
        dims = [f"{field}[{top}].dim[{axis}]={n}" for top in (0, 1) for axis, n in enumerate(sides, 2)]
        return [*batch, *dims, *(_windows(12) if name.startswith("pspnet") else [])]
    return next((changes for stem, changes in FIELDS.items() if name.startswith(stem)), [])


def _windows(rows: int) -> list[str]:
    """``-set`` arguments for PSPNet's averages if conv5_3 has so many rows."""
    changes = []
    for n in (1, 2, 3, 6):
        pool = f"layer[conv5_3_pool{n}].pooling_param"
        interp = f"layer[conv5_3_pool{n}_interp].interp_param"
        changes += [f"{pool}.kernel_size={rows // n}", f"{pool}.stride={rows // n}"]
        changes += [f"{interp}.height={rows}", f"{interp}.width={rows}"]
    return changes
