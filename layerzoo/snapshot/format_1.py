"""Convert snapshots of format 1 (Layerzoo 0.1) to the current format while they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def upgrade_text(text: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the JSON of a snapshot of format 1 to format 2."""
    extra = text["extra"]
    parts: dict[str, Any] = {
        "train": {
            "iteration": text["iteration"],
            "losses": text["losses"],
            "tested_at": extra.get("tested"),
        },
        "random": {"seed": text["seed"], "scheme": 1},
        "lr_policy": text["lr_policy"],
        "data": {f"test{index}": cursor for index, cursor in text["batches"].items()},
        "score": {
            "last": text["score"],
            "best": text["best_score"],
            "best_iteration": text["best_iteration"],
        },
        "buffers": {},
    }
    parts |= {name: extra[name] for name in ("early_stopping", "loss_scale") if extra.get(name)}
    kept = ("iteration", "solver_type", "publish_means", "score", "config", "threads", "versions", "files")
    return {
        **{name: text[name] for name in kept},
        "processes": extra.get("processes", 1),
        "parts": parts,
        "format": 2,
    }


def upgrade_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a snapshot: ``tensors/NAME`` of format 1 belongs to the part ``buffers``."""
    old, new = "tensors/", "parts/buffers/"
    return {
        new + name.removeprefix(old) if name.startswith(old) else name: blob for name, blob in tensors.items()
    }
