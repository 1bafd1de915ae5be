"""How long something took, to be read."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Seconds to a tenth, from two minutes on minutes, from an hour on hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
