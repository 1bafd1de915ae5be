"""``layerzoo classify``: classify images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerzoo.zoo import Guess


@gflags.command("Zoo")
@click.argument("images", nargs=-1, metavar="IMAGE...")
@flags.deployed
@gflags.flag(
    "top",
    metavar="K",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Number of guesses per image; a net that predicts numbers gives all.",
)
@gflags.flag(
    "format",
    to="form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="Output format; json prints one object per line.",
)
@gflags.flag(
    "batch_size",
    metavar="N",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Number of images in a pass.",
)
@gflags.flag(
    "engine",
    type=click.Choice(["layerzoo", "onnxruntime", "openvino"]),
    default="layerzoo",
    show_default=True,
    help="What runs the net; the other engines run it on the CPU and are extras: layerzoo[onnxruntime], "
    "layerzoo[openvino].",
)
@flags.gpu
@flags.threads
@flags.allow_python
def command(
    images: tuple[str, ...],
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    top: int,
    form: str,
    batch_size: int,
    engine: str,
    gpu: flags.Gpus,
) -> int | None:
    """Classify images with a net of the zoo, of a run, or a config with weights.

    \b
      layerzoo classify -zoo lenet-digits seven.png
      layerzoo classify -run snapshots/lenet.run seven.png
      layerzoo classify -zoo lenet-digits scans/ -format csv > digits.csv
      find . -name '*.png' | layerzoo classify -zoo lenet-digits -

    An IMAGE is a file, a folder (all images in it), a pattern, or -, which reads an image or a list of paths
    from stdin. Images that can't be read are reported and skipped; the exit code is then 4.

    A net that predicts numbers gives the number of each target in the place of a score, in the units of the
    data.

    For another engine the net is exported to ONNX once, into the folder exported in LAYERZOO_HOME, and its
    outputs are checked there.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.cli.images import image_name, images_named
    from layerzoo.cli.nets import default_device, required
    from layerzoo.errors import DataError, UsageError

    if engine != "layerzoo":
        from layerzoo.export.engines import check_engine

        if default_device(gpu).type != "cpu":
            raise UsageError(f"-engine {engine} runs on the CPU; leave out -gpu")
        if run or model:
            raise UsageError(f"-engine {engine} runs entries of the zoo; publish the run, or leave it out")
        check_engine(engine)
    net = deployed_net(zoo, run, model, weights, overrides, gpu, keep_params=engine != "layerzoo")
    if engine != "layerzoo":
        from layerzoo.zoo.engines import use_engine

        use_engine(net, engine)
    failed = False
    if form == "csv":
        click.echo("image,rank,label,index,score")
    for image, guesses in net.classify_each(images_named(required("images", images)), top, batch_size):
        name = image_name(image)
        if isinstance(guesses, DataError):
            failed = True
            click.echo(str(guesses), err=True)
        else:
            show = _numbers if form == "table" and net.predicts_numbers else _FORMS[form]
            click.echo(show(name, guesses))
    return DataError.exit_code if failed else None


def _table(name: str, guesses: Sequence[Guess]) -> str:
    return "\n".join([name, *(f"  {guess.score:8.4f}  {guess.label}" for guess in guesses)])


def _numbers(name: str, guesses: Sequence[Guess]) -> str:
    return "\n".join([name, *(f"  {guess.score:12.6g}  {guess.label}" for guess in guesses)])


def _csv(name: str, guesses: Sequence[Guess]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for rank, guess in enumerate(guesses, 1):
        writer.writerow([name, rank, guess.label, guess.index, f"{guess.score:.6g}"])
    return text.getvalue().removesuffix("\n")


def _json(name: str, guesses: Sequence[Guess]) -> str:
    import json

    return json.dumps({"image": name, "guesses": [vars(guess) for guess in guesses]}, ensure_ascii=False)


_FORMS = {"table": _table, "csv": _csv, "json": _json}
