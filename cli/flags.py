"""The flags that several commands take, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import click

from layerzoo.cli.gflags import F, flag, switch

Gpus = tuple[int, ...] | Literal["all"] | None
"""What ``-gpu`` says: which, none of them (``()``), all, or nothing at all (None)."""


def gpu_ids(ctx: click.Context, param: click.Parameter, value: str | None) -> Gpus:
    """Read ``none``, ``0``, ``0,1`` or ``all``; a click callback."""
    if value is None or value == "all":
        return "all" if value else None
    ids = [] if value == "none" else value.split(",")
    if not all(i.isdecimal() for i in ids):
        raise click.BadParameter(f"'{value}' is not an index such as 0, nor none", ctx, param)
    return tuple(int(i) for i in ids)


def _one_gpu(ctx: click.Context, param: click.Parameter, value: str | None) -> Gpus:
    ids = gpu_ids(ctx, param, value)
    if ids == "all" or (ids and len(ids) > 1):
        started = "torchrun --nproc-per-node 2 -m layerzoo train starts a process for each"
        raise click.BadParameter(f"'{value}' is several GPUs; name one. {started}", ctx, param)
    return ids


def words(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read words between commas; a click callback."""
    return tuple(word for part in value.split(",") if (word := part.strip()))


model = flag("model", metavar="FILE", help="The net: prototxt or YAML.")


def _weights(ctx: click.Context, param: click.Parameter, value: str) -> tuple[str, ...]:
    """Read files between commas; ``zoo:NAME`` is the weights of an entry of the zoo."""
    files = words(ctx, param, value)
    if not any(file.startswith("zoo:") for file in files):
        return files
    from layerzoo.zoo import WEIGHTS, LocalZoo

    found = LocalZoo()
    return tuple(
        str(found.get(file[4:]).file(WEIGHTS)) if file.startswith("zoo:") else file for file in files
    )


weights = flag(
    "weights",
    metavar="FILE,...",
    callback=_weights,
    default="",
    help="Weights to start from, the later ones winning: .safetensors, .caffemodel, .h5, or zoo:NAME.",
)
lenient = switch("lenient", help="Go on where no blob of a file of weights fits the net.")
strict = switch("strict", help="Each file of weights has to fit the net blob for blob, or it is an error.")


def _allow_python(ctx: click.Context, param: click.Parameter, value: str) -> None:
    """Import modules, also from the working folder: for Python layers, and for the layers they register."""
    if value:
        from layerzoo.pycaffe.user_modules import allow_user_modules

        allow_user_modules(words(ctx, param, value))


allow_python = flag(
    "allow_python",
    metavar="MODULE,...",
    callback=_allow_python,
    default="",
    expose_value=False,
    help="Python modules to import: for layers of type Python, and for the types that they register.",
)
zoo = flag("zoo", metavar="NAME", help="An entry of the zoo: name, name@version or name@hash.")
gpu = flag(
    "gpu",
    metavar="ID",
    callback=_one_gpu,
    help="The GPU to run on, e.g. 0, or none for the CPU. Without it a solver's solver_mode decides; with no "
    "solver it is the CPU.",
)
phase = flag(
    "phase",
    metavar="TRAIN|TEST",
    type=click.Choice(["TRAIN", "TEST"], case_sensitive=False),
    help="The phase that the net's include and exclude rules see.",
)
level = flag("level", metavar="N", type=int, default=0, help="The level that the net's rules see.")
stage = flag(
    "stage", metavar="NAME,...", callback=words, default="", help="The stages that the net's rules see."
)
overrides = flag(
    "set",
    to="overrides",
    metavar="PATH=VALUE",
    multiple=True,
    help="Change a field, e.g. base_lr=0.1 or net.layer[conv1].convolution_param.num_output=32.",
)


def iterations(default: int) -> Callable[[F], F]:
    """``-iterations``, with the command's own default."""
    return flag(
        "iterations",
        metavar="N",
        type=click.IntRange(min=1),
        default=default,
        show_default=True,
        help="How many iterations to run.",
    )
