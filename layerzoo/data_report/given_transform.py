"""Transforms that the command line gives in place of those of a config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from layerzoo.data_report.sources import DataSource
from layerzoo.loader import parse_part
from layerzoo.schema import TransformationParameter

S = TypeVar("S", bound=Sequence[DataSource])


def with_transform(sources: S, text: str) -> S:
    """Let sources, none of which is open, have other transforms; an empty text leaves them their own.

    Raises:
        ConfigError: the text has faults.
    """
    if text.strip():
        message = parse_part(text, TransformationParameter(), "-transform")
        for source in sources:
            source.param.transform_param.CopyFrom(message)
    return sources
