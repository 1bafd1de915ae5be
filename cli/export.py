"""``layerzoo export``: export a net to other formats."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags

_SUFFIXES = {
    "onnx": ".onnx",
    "torch_export": ".pt2",
    "safetensors": ".safetensors",
    "caffemodel": ".caffemodel",
    "python": ".py",
}


@gflags.command("Zoo")
@flags.zoo
@flags.model
@flags.weights
@flags.lenient
@flags.overrides
@gflags.flag("format", to="form", type=click.Choice(list(_SUFFIXES)), help="Output format.")
@gflags.flag(
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Output file; default: NAME with the format's suffix.",
)
@flags.allow_python
def command(
    zoo: str | None,
    model: str | None,
    weights: tuple[str, ...],
    lenient: bool,
    overrides: tuple[str, ...],
    form: str | None,
    out: Path | None,
) -> None:
    """Export a net for other programs, and check that the exported net gives the same output.

    \b
      layerzoo export -zoo lenet-digits -format onnx
      layerzoo export -zoo lenet-digits -format python -out lenet.py
      layerzoo export -model net.prototxt -weights net.h5 -format torch_export

    A training net is converted to its form for deployment first. python writes a readable module that needs
    only torch, with the weights in a file beside it; caffemodel and safetensors write only the weights.
    """
    from layerzoo.cli.nets import required
    from layerzoo.errors import LayerzooError, UsageError
    from layerzoo.loader import load_net
    from layerzoo.net import Net
    from layerzoo.zoo import deploy_net, golden_inputs, load

    form = required("format", form)
    if zoo and model:
        raise UsageError("-model and -zoo exclude each other; give one")
    inputs = None
    if zoo:
        loaded = load(zoo, overrides=overrides)
        net, inputs = loaded.net, golden_inputs(loaded.entry) if loaded.entry and not overrides else None
        for path in weights:
            net.load_weights(path, lenient=lenient)
    else:
        message = deploy_net(load_net(required("model or -zoo", model), overrides))
        net = Net(message, "TEST", weights=list(weights), lenient=lenient)
    name = (zoo or net.name or "net").partition("@")[0]
    name = name.replace("-", "_") if form == "python" else name  # so that it can be imported
    target = out or Path(f"{name}{_SUFFIXES[form]}")
    if target.exists():
        raise LayerzooError(f"{target} already exists; name another file with -out")
    if form in {"safetensors", "caffemodel"}:
        if target.suffix != _SUFFIXES[form]:
            raise UsageError(f"-out {target}: the name of a {form} file ends in {_SUFFIXES[form]}")
        net.save_weights(target)
        click.echo(f"{target}: {sum(param.count for param in net.graph.params):,} params")
        return
    from layerzoo.export import export_onnx, export_python, export_torch

    write = {"onnx": export_onnx, "torch_export": export_torch, "python": export_python}[form]
    worst = write(net, target, inputs)
    click.echo(f"{target}: output equals the net's (largest difference: {worst:.1g} of the largest value)")
