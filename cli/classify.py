"""``layerzoo classify``: classify images, rows, texts and other samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.zoo import Guess


@gflags.command("Zoo")
@click.argument("samples", nargs=-1, metavar="SAMPLE...")
@flags.deployed
@gflags.flag(
    "text",
    to="texts",
    multiple=True,
    metavar="TEXT",
    help="A text to classify or to continue; may be given several times.",
)
@gflags.flag(
    "top",
    metavar="K",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Number of guesses per sample; a net that predicts numbers gives all.",
)
@flags.form
@flags.batch_size(64, "samples")
@gflags.flag(
    "length",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=None,
    help="Tokens that a net that predicts the next one adds to a text. Default: 200.",
)
@gflags.flag(
    "temperature",
    metavar="T",
    type=click.FloatRange(0, 100),
    default=None,
    help="Below 1 likely tokens become likelier, 0 takes the likeliest. Default: 1.",
)
@gflags.flag(
    "seed",
    metavar="N",
    type=click.IntRange(min=0),
    default=None,
    help="Seed of the tokens that are drawn. Default: 0.",
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
    samples: tuple[str, ...],
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    texts: tuple[str, ...],
    top: int,
    form: str,
    batch_size: int,
    length: int | None,
    temperature: float | None,
    seed: int | None,
    engine: str,
    gpu: flags.Gpus,
) -> int | None:
    """Classify images, rows, texts, sequences or recordings with a net of the zoo, of a run, or a config.

    \b
      layerzoo classify -zoo lenet-digits seven.png
      layerzoo classify -run pets photo.jpg
      layerzoo classify -run prices new_homes.csv -format csv > prices.csv
      layerzoo classify -run reviews -text "a fine film"
      layerzoo classify -run book -text "Once upon" -length 500 -temperature 0.7 -seed 3
      find . -name '*.png' | layerzoo classify -zoo lenet-digits -

    A SAMPLE is of the kind that trained the net: an image, a folder or a pattern of images; a CSV file with
    the same columns, where labels are not needed; a text file, whose lines are classified one by one, or as a
    whole if whole files trained the net; .npy files; an HDF5 file; an LMDB; recordings; or -, which reads
    stdin. Values are normalised and encoded as for training; what is missing or new is warned of. What can't
    be read is reported and skipped; the exit code is then 4.

    A net that predicts numbers gives the number of each target in the place of a score, in the units of the
    data. A net that predicts the next token continues each text.

    For another engine the net is exported to ONNX once, into the folder exported in LAYERZOO_HOME, and its
    outputs are checked there.
    """
    from layerzoo.cli.deployed import deployed_net
    from layerzoo.cli.nets import default_device
    from layerzoo.cli.samples import continuations, guesses_of
    from layerzoo.errors import DataError, UsageError
    from layerzoo.generation.token_choice import TokenChoice
    from layerzoo.zoo.new_data import continuation, translation

    if not samples and not texts:
        raise UsageError("SAMPLE is required: an image, or another sample of the kind that trained; or -text")
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
    if continuation(net) is not None:
        if form == "csv":
            click.echo("sample,text,continuation")
        drawing = (length or 200, TokenChoice(1.0 if temperature is None else temperature), seed or 0)
        for name, text, more in continuations(net, samples, texts, *drawing):
            failed = failed or more is None
            if more is not None:
                click.echo(_CONTINUED[form](name, text, more))
        return DataError.exit_code if failed else None
    if translation(net) is not None:
        raise UsageError(f"{net.name} answers a text with another one; layerzoo generate gives the answer")
    given = {"length": length, "temperature": temperature, "seed": seed}
    for flag, value in given.items():
        if value is not None:
            raise UsageError(f"-{flag}: {net.name} doesn't continue texts; leave it out")
    what = "image" if net.preprocessing is not None else "sample"
    if form == "csv":
        click.echo(f"{what},rank,label,index,score")
    for name, guesses in guesses_of(net, samples, texts, top, batch_size):
        if isinstance(guesses, DataError):
            failed = True
            click.echo(str(guesses), err=True)
        elif form == "json":
            click.echo(_json(what, name, guesses))
        else:
            shown = _csv if form == "csv" else _numbers if net.predicts_numbers else _table
            click.echo(shown(name, guesses))
    return DataError.exit_code if failed else None


def _table(name: str, guesses: Sequence[Guess]) -> str:
    return "\n".join([name, *(f"  {guess.score:8.4f}  {guess.label}" for guess in guesses)])


def _numbers(name: str, guesses: Sequence[Guess]) -> str:
    return "\n".join([name, *(f"  {guess.score:12.6g}  {guess.label}" for guess in guesses)])


def _csv(name: str, guesses: Sequence[Guess]) -> str:
    rows = enumerate(guesses, 1)
    return _csv_rows([name, rank, guess.label, guess.index, f"{guess.score:.6g}"] for rank, guess in rows)


def _csv_rows(rows: Iterable[Sequence[object]]) -> str:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().removesuffix("\n")


def _json(what: str, name: str, guesses: Sequence[Guess]) -> str:
    import json

    return json.dumps({what: name, "guesses": [vars(guess) for guess in guesses]}, ensure_ascii=False)


def _continued_json(name: str, text: str, more: str) -> str:
    import json

    return json.dumps({"sample": name, "text": text, "continuation": more}, ensure_ascii=False)


_CONTINUED: Final[dict[str, Callable[[str, str, str], str]]] = {
    "table": lambda name, text, more: text + more,
    "csv": lambda name, text, more: _csv_rows([[name, text, more]]),
    "json": _continued_json,
}
