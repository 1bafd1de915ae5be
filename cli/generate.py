"""``layerzoo generate``: texts, images and other samples that a net makes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from layerzoo.cli import flags, gflags

if TYPE_CHECKING:
    from layerzoo.data.samples import Floats
    from layerzoo.generation.text import TextGenerator
    from layerzoo.generation.token_choice import TokenChoice
    from layerzoo.zoo import ZooNet
    from layerzoo.zoo.open_generating import GeneratingNet

_MAX: Final = 1_000_000


@gflags.command("Zoo")
@click.argument("prompts", nargs=-1, metavar="[PROMPT_FILE]...")
@flags.deployed
@gflags.flag(
    "text",
    to="texts",
    multiple=True,
    metavar="TEXT",
    help="The beginning of a text; may be given several times. A PROMPT_FILE holds one, - is stdin.",
)
@gflags.flag(
    "length",
    metavar="N",
    type=click.IntRange(1, _MAX),
    default=200,
    show_default=True,
    help="Tokens to add to a text, or the most of an answer.",
)
@gflags.flag(
    "temperature",
    metavar="T",
    type=click.FloatRange(0, 100),
    default=1.0,
    show_default=True,
    help="Below 1 likely tokens become likelier, above 1 less likely; 0 takes the likeliest.",
)
@gflags.flag(
    "top_k",
    metavar="K",
    type=click.IntRange(0, _MAX),
    default=0,
    help="Draw from the K likeliest tokens alone. Default: all.",
)
@gflags.flag(
    "top_p",
    metavar="P",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    help="Draw from the likeliest tokens alone, whose probabilities first sum to P. Default: all.",
)
@gflags.flag(
    "beam",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=None,
    help="Search for likely texts, keeping N at each step, instead of drawing tokens.",
)
@gflags.flag(
    "samples",
    to="count",
    metavar="N",
    type=click.IntRange(1, _MAX),
    default=None,
    help="Number of samples. Default: one of a text, 64 of others.",
)
@gflags.flag(
    "seed",
    metavar="N",
    type=click.IntRange(0, 2**32),
    default=0,
    show_default=True,
    help="Seed of the random numbers: the same one gives the same samples.",
)
@gflags.flag(
    "blob",
    metavar="NAME",
    default="",
    help="The blob to generate. Default: the output of the net in the stage generate.",
)
@gflags.flag(
    "axis",
    metavar="N",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    help="The axis of the blob that counts samples: 1 where time comes first.",
)
@gflags.flag(
    "out",
    metavar="FILE",
    default="",
    help="Where to write samples that aren't texts: a .png with all images in a grid, a folder for one file "
    "each, .npy or .csv. Default: NAME.png, or NAME.npy.",
)
@flags.gpu
@flags.threads
@flags.allow_python
def command(
    prompts: tuple[str, ...],
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    texts: tuple[str, ...],
    length: int,
    temperature: float,
    top_k: int,
    top_p: float,
    beam: int | None,
    count: int | None,
    seed: int,
    blob: str,
    axis: int,
    out: str,
    gpu: flags.Gpus,
) -> int | None:
    """Generate texts, images or sequences by a net of the zoo, of a run, or a config.

    \b
      layerzoo generate -run book -text "Once upon" -length 500 -temperature 0.7 -top_p 0.9
      layerzoo generate -run book -text "Once upon" -beam 8 -samples 3
      layerzoo generate -run seq2seq -text "3 1 4"
      layerzoo generate -run vae -samples 100 -seed 7 -out digits.png
      layerzoo generate -run gan -blob fake -out digits

    A net that predicts the next token continues each text, to stdout, as the tokens are drawn. One with an
    encoder and a decoder answers each line of a text by the likeliest tokens.

    Of other nets, what they compute from noise is written to a file. Their layers have rules for the stage
    generate, where DummyData gives noise in the place of data; or -blob names a blob that depends on no data.
    Images that trained with a mean or a scale get them back.
    """
    from layerzoo.errors import UsageError
    from layerzoo.generation.token_choice import TokenChoice

    choice = TokenChoice(temperature, top_k, top_p)
    if prompts or texts:
        if blob or out:
            raise UsageError("-blob and -out are for nets that generate from noise; leave out the prompt")
        if beam is not None and choice != TokenChoice():
            raise UsageError("-beam draws no tokens; leave out -temperature, -top_k and -top_p")
        from layerzoo.cli.deployed import deployed_net
        from layerzoo.generation.text import TextGenerator
        from layerzoo.zoo.new_data import translation

        net = deployed_net(zoo, run, model, weights, overrides, gpu)
        if translation(net) is not None:
            if choice != TokenChoice() or beam is not None or count is not None:
                raise UsageError(
                    f"{net.name} answers a text in one way, by the likeliest tokens; leave out -temperature, "
                    "-top_k, -top_p, -beam and -samples"
                )
            return _answer(net, prompts, texts, length)
        generator = TextGenerator(net)
        if beam is not None:
            return _search(generator, net, prompts, texts, length, beam, count or 1)
        return _continue(generator, net, prompts, texts, length, choice, count or 1, seed)
    generating = _opened(zoo, run, model, weights, overrides, gpu, blob, seed)
    from layerzoo.generation.samples import draw_samples

    _write(draw_samples(generating, count or 64, axis), generating, out)
    return None


def _opened(
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: tuple[str, ...],
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
    blob: str,
    seed: int,
) -> GeneratingNet:
    from layerzoo.cli.deployed import check_one_net
    from layerzoo.cli.nets import default_device, prepare_cpu
    from layerzoo.errors import UsageError
    from layerzoo.runs.locate import run_folder
    from layerzoo.zoo.open_generating import open_entry, open_unpublished
    from layerzoo.zoo.unpublished import of_config, of_run

    check_one_net(zoo, run, model, weights)
    device = default_device(gpu)
    if zoo:
        if weights:
            raise UsageError("-zoo has weights of its own; leave out -weights")
        opened = open_entry(zoo, blob=blob, seed=seed, device=device, overrides=overrides)
    else:
        if model and not weights:
            raise UsageError(f"-model {model}: -weights is required, too")
        found = of_run(run_folder(run)) if run else of_config(model or "", weights)
        opened = open_unpublished(found, blob=blob, seed=seed, device=device, overrides=overrides)
    if device.type == "cpu":
        prepare_cpu(opened.net.graph)
    return opened


def _continue(
    generator: TextGenerator,
    net: ZooNet,
    prompts: Iterable[str],
    texts: Iterable[str],
    length: int,
    choice: TokenChoice,
    count: int,
    seed: int,
) -> int | None:
    """Print what follows each text while it is drawn."""

    def of(text: str) -> Iterator[Iterable[str]]:
        for number in range(count):
            yield generator.pieces(text, length, choice, seed + number)

    return _each(net, prompts, texts, of)


def _search(
    generator: TextGenerator,
    net: ZooNet,
    prompts: Iterable[str],
    texts: Iterable[str],
    length: int,
    width: int,
    count: int,
) -> int | None:
    """Print the likeliest texts that a beam search finds."""

    def of(text: str) -> Iterator[Iterable[str]]:
        for found, _ in generator.beams(text, length, max(width, count))[:count]:
            yield [found]

    return _each(net, prompts, texts, of)


def _answer(net: ZooNet, prompts: Iterable[str], texts: Iterable[str], length: int) -> int | None:
    """Print the answer to each line of each text; what the net can't read is reported and skipped."""
    from layerzoo.cli.samples import text_sources
    from layerzoo.data.new_texts import text_of
    from layerzoo.errors import DataError
    from layerzoo.generation.translate import Translator

    translator, failed = Translator(net), False
    for source in text_sources(net, tuple(prompts), tuple(texts)):
        try:
            lines = text_of(source).splitlines()
        except DataError as error:
            failed, lines = True, []
            click.echo(str(error), err=True)
        for line in lines:
            try:
                click.echo(translator(line, length))
            except DataError as error:
                failed = True
                click.echo(str(error), err=True)
    return DataError.exit_code if failed else None


def _each(
    net: ZooNet,
    prompts: Iterable[str],
    texts: Iterable[str],
    continuations: Callable[[str], Iterator[Iterable[str]]],
) -> int | None:
    """Print each text with its continuations; what can't be read is reported and skipped."""
    from layerzoo.cli.samples import text_sources
    from layerzoo.data.new_texts import text_of
    from layerzoo.errors import DataError

    failed = False
    for source in text_sources(net, tuple(prompts), tuple(texts)):
        try:
            text = text_of(source).rstrip("\r\n")
            for pieces in continuations(text):
                begun = False
                for piece in pieces:
                    click.echo(piece if begun else text + piece, nl=False)
                    begun = True
                click.echo()
        except DataError as error:
            failed = True
            click.echo(str(error), err=True)
    return DataError.exit_code if failed else None


def _write(samples: Floats, generating: GeneratingNet, out: str) -> None:
    """Write samples to the file that the user named, and say where."""
    from layerzoo.errors import LayerzooError
    from layerzoo.generation.samples import are_images
    from layerzoo.generation.write_samples import write_samples

    name = Path(generating.name.partition("@")[0]).name or "samples"
    path = Path(out or f"{name}.{'png' if are_images(samples) else 'npy'}")
    try:
        write_samples(samples, generating.preprocessing, path)
    except OSError as error:
        raise LayerzooError(f"{path} can't be written: {error.strerror or error}") from error
    click.echo(f"{len(samples)} samples of shape {'x'.join(map(str, samples.shape[1:]))} in {path}", err=True)
