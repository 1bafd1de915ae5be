"""``layerzoo from_onnx``: make a config and a weights file of an ONNX model."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import gflags


@gflags.command("Zoo")
@click.argument("file", metavar="MODEL")
@gflags.flag(
    "out",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The config to write; the weights beside it end in .caffemodel. Default: MODEL.prototxt, here.",
)
def command(file: str, out: Path | None) -> None:
    """Convert an ONNX model to a config and weights that Caffe and Layerzoo read.

    \b
      layerzoo from_onnx resnet50.onnx
      layerzoo from_onnx resnet50.onnx -out nets/resnet50.yaml

    The new net is run on the same inputs as the model, by onnxruntime, and refused if its outputs differ. A
    model with a kind of node that no layer computes is refused, and all such kinds are named. Needs the extra
    onnx.
    """
    from layerzoo.errors import LayerzooError
    from layerzoo.migration.from_onnx import from_onnx

    net = out or Path(Path(file).name).with_suffix(".prototxt")
    weights = net.with_suffix(".caffemodel")
    for path in (net, weights):
        if path.exists():
            raise LayerzooError(f"{path} already exists; name another file with -out")
    worst = from_onnx(Path(file), net, weights)
    click.echo(
        f"{net}, {weights}: output equals the model's (largest difference: {worst:.1g} of the largest value)"
    )
