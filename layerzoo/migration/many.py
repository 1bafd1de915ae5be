"""Migrate many nets in processes of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from layerzoo.errors import LayerzooError
from layerzoo.migration.formats import Outcome
from layerzoo.migration.migrate import migrate
from layerzoo.migration.models import Model
from layerzoo.survey.processes import Ended, run_each

MEMORY = 8 << 30
"""Bytes that a net may need."""


def migrate_each(
    models: Sequence[Model],
    source: Path,
    target: Path,
    formats: Sequence[str],
    *,
    processes: int,
    seconds: float,
) -> Iterator[tuple[Path, Sequence[Outcome], str]]:
    """Migrate models, each into a folder below ``target`` with the path that its net has below ``source``.

    Args:
        models: the models.
        source: the folder of all nets.
        target: the folder to write to.
        formats: keys of `layerzoo.migration.FORMATS`.
        processes: number of processes.
        seconds: limit for a net, after which its process is killed.

    Returns:
        for each model, in the order in which they finish: the net's path below ``source``, what became of
        each format, and why none was written.
    """
    weights = {model.net: model.weights for model in models}
    work = partial(migrated, weights=weights, source=source, target=target, formats=tuple(formats))
    for net, result in run_each(work, list(weights), processes=processes, seconds=seconds, memory=MEMORY):
        outcomes, why = ((), result.why) if isinstance(result, Ended) else result
        yield net.relative_to(source), outcomes, why


def migrated(
    net: Path, weights: Mapping[Path, Path | None], source: Path, target: Path, formats: tuple[str, ...]
) -> tuple[Sequence[Outcome], str]:
    """Migrate one model; returns what became of each format, and why none was written."""
    folder = target / net.relative_to(source).with_suffix("")
    try:
        return migrate(net, weights[net], folder, formats=formats).outcomes, ""
    except (LayerzooError, OSError) as error:
        return (), str(error).partition("\n")[0]
