"""Durations in readable form."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Format seconds: ``12.3 s``, from two minutes ``2 min 0 s``, from an hour ``1 h 0 min``."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
