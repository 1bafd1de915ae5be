"""The distribution of values: range, mean, and a histogram."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BINS: Final = 40


def distribution(values: NDArray[Any], bins: int = BINS) -> dict[str, Any]:
    """How values are distributed, as JSON-compatible values.

    Args:
        values: of any shape, in single precision at most.
        bins: number of bins of the histogram.

    Returns:
        ``shape``; ``count``; ``finite``, how many are finite; of these ``min``, ``max``, ``mean``, ``std``,
        ``zeros`` (the share that is 0), and ``histogram``, the number of values in each of ``bins`` equal
        parts from ``min`` to ``max``. Without finite values the last six are missing.
    """
    flat = np.asarray(values, np.float64).reshape(-1)
    finite = flat[np.isfinite(flat)]
    found: dict[str, Any] = {
        "shape": list(np.shape(values)),
        "count": int(flat.size),
        "finite": int(finite.size),
    }
    if not finite.size:
        return found
    low, high = float(finite.min()), float(finite.max())
    width = high - low
    if width > 0:
        places = np.minimum(((finite - low) / width * bins).astype(np.int64), bins - 1)
        counts = np.bincount(places, minlength=bins)
    else:
        counts = np.zeros(bins, np.int64)
        counts[bins // 2] = finite.size
    return found | {
        "min": low,
        "max": high,
        "mean": float(finite.mean()),
        "std": float(finite.std()),
        "zeros": float((finite == 0).mean()),
        "histogram": counts.tolist(),
    }
