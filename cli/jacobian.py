"""``layerzoo jacobian``: derivatives of a net's output by its input, and of its loss by its params."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from torch import Tensor

    from layerzoo.evaluation.jacobian import Jacobian, LayerGradient
    from layerzoo.net import Net

_SHOWN: Final = 20
_SUFFIXES: Final = (".npy", ".safetensors")


@gflags.command("Zoo")
@click.argument("file", metavar="[FILE]", required=False, type=click.Path(path_type=Path))
@flags.deployed
@gflags.flag("of", metavar="BLOB", help="The blob to differentiate. Default: what the first loss compares.")
@gflags.flag("wrt", metavar="BLOB", help="The blob to differentiate by. Default: the first input.")
@gflags.flag(
    "samples",
    metavar="N",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Samples of the first batch to take, along its first axis; 0 takes all.",
)
@gflags.switch("random", help="Take random numbers, the standard normal distribution's, as the input.")
@gflags.flag(
    "seed", metavar="N", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of -random."
)
@gflags.flag(
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Save the Jacobian: .npy, or .safetensors, which has the singular values too.",
)
@gflags.switch("json", to="as_json", help="Print JSON.")
@flags.gpu
@flags.threads
@flags.allow_python
def command(
    file: Path | None,
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    of: str | None,
    wrt: str | None,
    samples: int,
    random: bool,
    seed: int,
    out: Path | None,
    as_json: bool,
    gpu: flags.Gpus,
) -> None:
    """Show how a net's output follows its input: the Jacobian's singular values, and each layer's gradient.

    \b
      layerzoo jacobian -zoo lenet-digits
      layerzoo jacobian -zoo lenet-digits seven.png -of ip2
      layerzoo jacobian -run pets -of pool5 -wrt conv1 -out slope.npy
      layerzoo jacobian -model net.yaml -random -seed 3

    The Jacobian has a row for each value of -of and a column for each of -wrt: how fast the one changes with
    the other, all other inputs fixed. Its largest singular value is the most that a small change of the
    input is stretched; the condition number is the largest by the smallest.

    The input is FILE: an image, .npy with the values of -wrt or of the only input, or .safetensors with
    values by name of the blob. Without FILE it is the first sample of the net's data; of a net without data,
    random numbers. -model without -weights has the numbers of its fillers. The gradients are those of the
    loss by the params of each layer; a net for deployment, which an image is for, has none.

    -out has the derivatives with the axes of -of and then those of -wrt.
    """
    from layerzoo.errors import UsageError
    from layerzoo.evaluation.chosen_inputs import (
        SUFFIXES,
        default_blobs,
        first_samples,
        random_inputs,
        read_inputs,
    )
    from layerzoo.evaluation.jacobian import jacobian, layer_gradients

    if out is not None and out.suffix not in _SUFFIXES:
        raise UsageError(f"-out {out}: expected a name that ends with {' or '.join(_SUFFIXES)}")
    if file is not None and random:
        raise UsageError("FILE and -random exclude each other; give one")
    is_image = file is not None and file.suffix.lower() not in SUFFIXES
    net, inputs = _opened(file if is_image else None, zoo, run, model, weights, overrides, gpu)
    said = default_blobs(net.graph) if of is None or wrt is None else (of, wrt)
    of, wrt = of or said[0], wrt or said[1]
    wanted = list(dict.fromkeys([of, wrt, *(net.graph.blobs[index].name for index, _ in net.graph.losses)]))
    if file is not None and not is_image:
        only = net.inputs[0] if len(net.inputs) == 1 else wrt
        inputs = {name: value.to(net.device) for name, value in read_inputs(file, only).items()}
    elif file is None:
        inputs = first_samples(net, wanted, samples)
        if random or net.inputs:
            inputs = random_inputs(net, wanted, samples, seed, inputs, data=random)
    found = jacobian(net, inputs, of, wrt)
    loss: float | None = None
    gradients: list[LayerGradient] = []
    note = ""
    try:
        loss, gradients = layer_gradients(net, inputs)
    except UsageError as error:
        note = str(error)
    if as_json:
        import json

        click.echo(json.dumps(_as_json(found, loss, gradients)))
    else:
        taken = f"the first {samples} of a batch" if samples else "a batch"
        drawn = f"random numbers, seed {seed}" if random or net.inputs else taken
        click.echo(f"input: {drawn if file is None else file}")
        _show(found, loss, gradients, note)
    if out is not None:
        _save(found, out)
        click.echo(f"written: {out}", err=True)


def _opened(
    image: Path | None,
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
) -> tuple[Net, dict[str, Tensor]]:
    """The net, and its input if that is an image: then it is the net for deployment."""
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.cli.tested import tested_net

    if image is None:
        return tested_net(zoo, model, weights, False, overrides, gpu, run)[0], {}
    deployed = deployed_net(zoo, run, model, weights, overrides, gpu, keep_params=True)
    return deployed.net, {deployed.net.inputs[0]: deployed.prepare([image])}


def _show(found: Jacobian, loss: float | None, gradients: list[LayerGradient], note: str) -> None:
    from rich.table import Table

    from layerzoo.cli.terminal import console
    from layerzoo.evaluation.jacobian import MAX_DECOMPOSED

    rows, columns = found.matrix.shape
    shapes = [" x ".join(map(str, shape)) or "one value" for shape in (found.of_shape, found.wrt_shape)]
    click.echo(f"d {found.of} ({shapes[0]}) / d {found.wrt} ({shapes[1]}): {rows:,} x {columns:,}")
    click.echo(f"Frobenius norm    {found.norm:.6g}")
    if found.singular_values is None:
        click.echo(f"singular values   left out, since there are more than {MAX_DECOMPOSED:,}")
    else:
        click.echo(f"condition number  {found.condition:.6g}")
        click.echo(f"rank              {found.rank} of {len(found.singular_values)}")
        values = found.singular_values.tolist()
        table = Table("", "singular value", "share of the largest")
        for number, value in enumerate(values, 1):
            if number < _SHOWN or number == len(values):
                table.add_row(f"{number:,}", f"{value:.6g}", f"{value / values[0] if values[0] else 0:.4g}")
        console().print(table)
    if loss is None:
        click.echo(f"no gradients of layers: {note}")
        return
    click.echo(f"loss {loss:.6g}; Euclidean norms of the params and of the loss's gradient:")
    table = Table("layer", "params", "norm", "gradient", "gradient / norm")
    for one in gradients:
        ratio = f"{one.gradient / one.weight:.4g}" if one.weight else ""
        table.add_row(one.layer, f"{one.count:,}", f"{one.weight:.6g}", f"{one.gradient:.6g}", ratio)
    console().print(table)


def _as_json(found: Jacobian, loss: float | None, gradients: list[LayerGradient]) -> dict[str, Any]:
    from dataclasses import asdict
    from math import isinf

    condition = found.condition
    return {
        "of": found.of,
        "wrt": found.wrt,
        "of_shape": list(found.of_shape),
        "wrt_shape": list(found.wrt_shape),
        "norm": found.norm,
        "rank": found.rank,
        "condition": None if condition is None or isinf(condition) else condition,
        "singular_values": None if found.singular_values is None else found.singular_values.tolist(),
        "loss": loss,
        "gradients": [asdict(one) for one in gradients],
    }


def _save(found: Jacobian, out: Path) -> None:
    """Write the Jacobian.

    Raises:
        LayerzooError: the file can't be written.
    """
    import numpy as np

    from layerzoo.atomic import atomic_path
    from layerzoo.blobs.safetensors_file import write_tensors
    from layerzoo.errors import LayerzooError

    try:
        with atomic_path(out) as path:
            if out.suffix == ".npy":
                with path.open("wb") as file:
                    np.save(file, found.values.cpu().numpy())
                return
            tensors = {"jacobian": found.values}
            if found.singular_values is not None:
                tensors["singular_values"] = found.singular_values
            write_tensors(path, tensors, {"of": found.of, "wrt": found.wrt})
    except OSError as error:
        raise LayerzooError(f"{out} can't be written: {error.strerror or error}") from error
