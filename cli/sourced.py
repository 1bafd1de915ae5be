"""The data that a command is asked about: of a net, of a solver's nets, or of a path itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from layerzoo.cli import gflags

if TYPE_CHECKING:
    from layerzoo.data_report.sources import DataSource
    from layerzoo.data_report.statistics import Look, SourceStatistics

seed = gflags.flag(
    "seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=None,
    help="Seed of the order and of what is random; default: random_seed of the solver, else 0.",
)
limit = gflags.flag(
    "limit",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    help="The most samples of each source to read, spread over it; default: all.",
)


transform = gflags.flag(
    "transform",
    metavar="TEXT",
    default="",
    help="transform_param of the data layers in place of their own, such as 'mirror: true crop_size: 24'.",
)


def sources_in(path: str, overrides: Sequence[str] = (), transform: str = "") -> tuple[list[DataSource], int]:
    """The sources of a net, a solver, or a path of data, and the seed of the run.

    Args:
        path: what is asked about.
        overrides: values of fields of a config.
        transform: the ``transform_param`` of all layers, as text; empty: their own.

    Raises:
        ConfigError: the config has faults.
        DataError: the path holds no data, or there are no data layers.
    """
    from layerzoo.data_report.given_transform import with_transform
    from layerzoo.data_report.named_paths import is_data_file, layers_at
    from layerzoo.data_report.sources import DataSource, sources_of
    from layerzoo.errors import ConfigError, DataError
    from layerzoo.loader import load_net, load_solver
    from layerzoo.loader.files import find_config, read_source
    from layerzoo.loader.read_tree import is_solver
    from layerzoo.net import graph_of
    from layerzoo.schema import TEST, TRAIN, NetState, Phase
    from layerzoo.solver.config.checking import check_solver

    if Path(path).is_dir() or is_data_file(Path(path)):
        layers = layers_at(Path(path))
        found = [DataSource(Phase.Name(each.phase), each, each.name) for each in layers]
        return with_transform(found, transform), 0
    config = find_config(path)
    seed = 0
    try:
        source = read_source(config, path, from_user=True)
    except ConfigError as error:
        error.add_note(
            "    data can be a folder of images, an LMDB, a LevelDB, an HDF5 file, a table, or annotations"
        )
        raise
    if is_solver(source):
        solver = load_solver(path, overrides)
        checked = check_solver(solver)
        graphs = [checked.train, *(graph for graph, _ in checked.test)]
        seed = max(0, solver.message.random_seed)
    else:
        document = load_net(path, overrides)
        graphs, errors = [], []
        rules = (rule for layer in document.message.layer for rule in (*layer.include, *layer.exclude))
        stages = sorted({stage for rule in rules for stage in (*rule.stage, *rule.not_stage)})
        of_stages = [NetState(phase=TEST, stage=[stage]) for stage in stages]
        for state in (NetState(phase=TRAIN), NetState(phase=TEST), *of_stages):
            try:
                graphs.append(graph_of(document, state))
            except ConfigError as error:  # a net may be written for one phase alone
                errors.append(error)
        if not graphs:
            raise errors[0]
    sources = sources_of(graphs)
    if not sources:
        raise DataError(
            f"{path}: no data layers; name a net, a solver, a folder with a folder for each class, "
            "an LMDB, an HDF5 file, or a table"
        )
    return with_transform(sources, transform), seed


def read_all(
    sources: Sequence[DataSource],
    limit: int,
    progress: Callable[[int, int], None] | None = None,
    look: Callable[[DataSource], Look] | None = None,
) -> list[SourceStatistics]:
    """Read all samples of sources, with a bar on a terminal.

    Args:
        sources: what is read.
        limit: the most samples of each source.
        progress: called with the number of samples of a source read so far, and of all of its.
        look: gives what is called with each sample of a source.

    Raises:
        DataError: a source can't be opened.
    """
    import sys

    from layerzoo.data_report.sources import with_common_spans
    from layerzoo.data_report.statistics import read_statistics

    with_common_spans(sources)
    statistics = []
    for source in sources:
        each = None if look is None else look(source)
        if progress is not None or not sys.stderr.isatty():
            statistics.append(read_statistics(source, limit, progress, each))
            continue
        with click.progressbar(length=1, label=f"{source.phase} {source.name}", file=sys.stderr) as bar:

            def advance(done: int, of: int, bar: Any = bar) -> None:
                bar.length = max(1, of)
                bar.update(done - bar.pos)

            statistics.append(read_statistics(source, limit, advance, each))
    return statistics
