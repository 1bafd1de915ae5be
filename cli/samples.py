"""What a net says of the samples that a command's arguments name: images, rows, texts and others."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from glob import glob
from itertools import groupby
from pathlib import Path

import click

from layerzoo.cli.images import image_name, images_named
from layerzoo.data.new_samples import NewSource
from layerzoo.errors import DataError, UsageError
from layerzoo.generation.text import continued
from layerzoo.generation.token_choice import TokenChoice
from layerzoo.zoo import Guess, ZooNet
from layerzoo.zoo.new_data import classify_new, data_kind, reads_new

_SHOWN = 60
_STDIN = "<stdin>"


def guesses_of(
    net: ZooNet, samples: Sequence[str], texts: Sequence[str], top: int, batch_size: int
) -> Iterator[tuple[str, list[Guess] | DataError]]:
    """The guesses of each sample, with its name, in the order of the arguments; notes go to stderr.

    Args:
        net: the net.
        samples: files, folders, patterns, or - for stdin.
        texts: texts as they were typed.
        top: guesses for each sample.
        batch_size: samples in a pass.

    Raises:
        UsageError: the net reads no texts, or no such files.
    """
    for kind, group in groupby(_sorted_out(net, samples, texts), key=lambda one: isinstance(one, NewSource)):
        if kind:
            for source in group:
                assert isinstance(source, NewSource)
                yield from _of_source(net, source, top, batch_size)
        else:
            images = images_named([str(one) for one in group])
            for image, guesses in net.classify_each(images, top, batch_size):
                yield image_name(image), guesses


def continuations(
    net: ZooNet,
    samples: Sequence[str],
    texts: Sequence[str],
    count: int,
    choice: TokenChoice | None = None,
    seed: int = 0,
) -> Iterator[tuple[str, str, str | None]]:
    """The name of each text, the text, and what follows it; None, after a message, if it can't be continued.

    Args:
        net: a net that predicts the next token.
        samples: text files, or - for stdin.
        texts: texts as they were typed.
        count: tokens to add.
        choice, seed: see `layerzoo.generation.text.continued`.
    """
    for source in text_sources(net, samples, texts):
        try:
            text, more = continued(net, source, count, choice, seed)
        except DataError as error:
            click.echo(str(error), err=True)
            yield source.name, "", None
        else:
            yield source.name, text, more


def text_sources(net: ZooNet, samples: Sequence[str], texts: Sequence[str]) -> Iterator[NewSource]:
    """The texts that a command's arguments name, for a net that reads texts.

    Args:
        net: the net.
        samples: text files, or - for stdin.
        texts: texts as they were typed.

    Raises:
        UsageError: the net reads no texts, or no such files.
    """
    for source in _sorted_out(net, samples, texts):
        assert isinstance(source, NewSource)
        yield source


def _of_source(
    net: ZooNet, source: NewSource, top: int, batch_size: int
) -> Iterator[tuple[str, list[Guess] | DataError]]:
    try:
        found = classify_new(net, source, top, batch_size)
        for note in found.notes:
            click.echo(f"warning: {note}", err=True)
        yield from found.guesses
    except DataError as error:
        yield source.name, error


def _sorted_out(net: ZooNet, samples: Sequence[str], texts: Sequence[str]) -> Iterator[str | NewSource]:
    """The sources of what isn't an image, and the arguments that name images."""
    kind = data_kind(net)
    images = net.preprocessing is not None and len(net.net.graph.inputs) == 1
    expected = kind.new_data if kind is not None else "images"
    for text in texts:
        source = NewSource(f"{text:.{_SHOWN}}", None, text.encode("utf-8", "surrogateescape"))
        if "-text" not in expected:
            raise UsageError(f"-text: {net.name} takes no texts; expected {expected}")
        yield source
    for argument in samples:
        if argument == "-":
            if images or not reads_new(net, NewSource(_STDIN)):
                _check_images(net, images, argument, expected)
                yield argument
            else:
                yield NewSource(_STDIN, None, sys.stdin.buffer.read())
            continue
        matches = [argument] if Path(argument).exists() else sorted(glob(argument, recursive=True))  # noqa: PTH207
        for path in matches or [argument]:
            if reads_new(net, NewSource.of(path)):
                yield NewSource.of(path)
            else:
                _check_images(net, images, path, expected)
                yield path


def _check_images(net: ZooNet, images: bool, argument: str, expected: str) -> None:
    """Check that a net takes images.

    Raises:
        UsageError: it takes other samples.
    """
    if not images and (data_kind(net) is not None):
        raise UsageError(f"{argument}: {net.name} was trained with other data; expected {expected}")
