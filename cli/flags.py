"""Flags that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import click

from layerzoo.cli.gflags import F, flag, switch

Gpus = tuple[int, ...] | Literal["all"] | None
"""The value of ``-gpu``: indices, ``()`` for none, all, or None if it was not given."""


def gpu_ids(ctx: click.Context, param: click.Parameter, value: str | None) -> Gpus:
    """Read ``none``, ``0``, ``0,1`` or ``all``; a click callback."""
    if value is None or value == "all":
        return "all" if value else None
    ids = [] if value == "none" else value.split(",")
    if not all(i.isdecimal() for i in ids):
        raise click.BadParameter(f"'{value}' is not a GPU index such as 0, and not none", ctx, param)
    return tuple(int(i) for i in ids)


def _one_gpu(ctx: click.Context, param: click.Parameter, value: str | None) -> Gpus:
    ids = gpu_ids(ctx, param, value)
    if ids == "all" or (ids and len(ids) > 1):
        hint = "layerzoo train takes several"
        raise click.BadParameter(f"'{value}' is several GPUs; name one ({hint})", ctx, param)
    return ids


def words(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read a comma-separated list; a click callback."""
    return tuple(word for part in value.split(",") if (word := part.strip()))


model = flag("model", metavar="FILE", help="The net: prototxt or YAML.")


def _weights(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read a comma-separated list of files; ``zoo:NAME`` is the weights file of a zoo entry."""
    files = words(ctx, param, value)
    if not files:
        return files
    from layerzoo.zoo import in_zoo, weights_path

    return tuple(str(weights_path(file)) if in_zoo(file) else file for file in files)


weights = flag(
    "weights",
    metavar="FILE,...",
    callback=_weights,
    default="",
    help="Weights to load: .safetensors, .caffemodel, .h5, or zoo:NAME; later files take precedence.",
)
lenient = switch("lenient", help="Continue if no blob of a weights file fits the net.")
strict = switch("strict", help="Fail unless each weights file fits the net blob for blob.")


def _allow_python(ctx: click.Context, param: click.Parameter, value: str) -> None:
    """Import modules, from the working folder too, for Python layers and registered layer types."""
    if value:
        from layerzoo.pycaffe.user_modules import allow_user_modules

        allow_user_modules(words(ctx, param, value))


allow_python = flag(
    "allow_python",
    metavar="MODULE,...",
    callback=_allow_python,
    default="",
    expose_value=False,
    help="Python modules, or their files, to import: for layers of type Python and registered layer types.",
)


def entry_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The entries of the local zoo and those that come with Layerzoo, for completion; a click callback."""
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    names = dict.fromkeys(entry.name for entry in (*zoo.entries(), *zoo.shipped_entries()))
    return [name for name in names if name.startswith(incomplete)]


zoo = flag(
    "zoo", metavar="NAME", shell_complete=entry_names, help="A zoo entry: name, name@version or name@hash."
)
run = flag(
    "run",
    metavar="DIR",
    help="A run: its folder <snapshot_prefix>.run, or a folder with runs, such as one of layerzoo new, whose "
    "newest is taken.",
)


form = flag(
    "format",
    to="form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Output format; json prints one object per line.",
)


def batch_size(default: int, what: str) -> Callable[[F], F]:
    """The flag for the number of samples in a pass."""
    return flag(
        "batch_size",
        metavar="N",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help=f"Number of {what} in a pass.",
    )


def deployed(function: F) -> F:
    """The flags that name a net to apply: ``-zoo``, ``-run``, ``-model``, ``-weights`` and ``-set``."""
    for one in (overrides, weights, model, run, zoo):
        function = one(function)
    return function


gpu = flag(
    "gpu",
    metavar="ID",
    callback=_one_gpu,
    help="The GPU to use, e.g. 0, or none for the CPU. Default: the solver's solver_mode; without a solver, "
    "the CPU.",
)
gpus = flag(
    "gpu",
    metavar="ID,...",
    callback=gpu_ids,
    help="The GPU to use, several (0,1) or all: one process trains on each; none for the CPU. Default: the "
    "solver's solver_mode.",
)


def _threads(ctx: click.Context, param: click.Parameter, value: int | None) -> None:
    """Let torch use so many threads, as LAYERZOO_THREADS does; a click callback."""
    import os

    from layerzoo.threads import VARIABLE, use_requested

    if value is not None:
        os.environ[VARIABLE] = str(value)
        use_requested()


threads = flag(
    "threads",
    metavar="N",
    type=click.IntRange(1, 1024),
    callback=_threads,
    expose_value=False,
    help="CPU threads. Default: LAYERZOO_THREADS, the solver's threads, OMP_NUM_THREADS, or by the net.",
)
phase = flag(
    "phase",
    metavar="TRAIN|TEST",
    type=click.Choice(["TRAIN", "TEST"], case_sensitive=False),
    help="The phase for the net's include and exclude rules.",
)
level = flag("level", metavar="N", type=int, default=0, help="The level for the net's rules.")
stage = flag("stage", metavar="NAME,...", callback=words, default="", help="The stages for the net's rules.")
overrides = flag(
    "set",
    to="overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Set a field, e.g. base_lr=0.1 or net.layer[conv1].convolution_param.num_output=32.",
)


def iterations(default: int) -> Callable[[F], F]:
    """``-iterations``, with a default for the command."""
    return flag(
        "iterations",
        metavar="N",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help="Number of iterations.",
    )
