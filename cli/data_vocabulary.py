"""``layerzoo data vocabulary``: make the vocabulary of a text."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import gflags


@click.command("vocabulary", cls=gflags.Command)
@click.argument("source", metavar="TEXT")
@gflags.flag(
    "units",
    type=click.Choice(["CHARACTERS", "WORDS", "BPE"], case_sensitive=False),
    default="BPE",
    show_default=True,
    help="What a token is.",
)
@gflags.flag(
    "size",
    metavar="N",
    type=click.IntRange(min=3),
    default=8000,
    show_default=True,
    help="The most tokens; the most frequent ones are kept.",
)
@gflags.switch("lowercase", help="Turn texts into lower case first.")
@gflags.switch("lines", help="TEXT has labelled lines, or is a table with columns text and label.")
@gflags.flag("out", metavar="FILE.json", required=True, help="The file to write.")
def subcommand(source: str, units: str, size: int, lowercase: bool, lines: bool, out: str) -> None:
    """Make the vocabulary of a text, for TextData layers, and write it as JSON.

    TEXT is a file in UTF-8, or a folder with files .txt.
    """
    from layerzoo.data.data_layer import opening
    from layerzoo.data.texts import read_labelled_lines, read_texts
    from layerzoo.data.vocabulary import build, write_vocabulary
    from layerzoo.errors import DataError, LayerFault

    try:
        with opening("source", source, "a text file or a folder"):
            texts = (
                [line.text for line in read_labelled_lines(source)]
                if lines
                else [one.text for one in read_texts(source)]
            )
    except LayerFault as fault:
        raise DataError(fault.message) from None
    vocabulary = build(texts, units.upper(), size, lowercase)  # type: ignore[arg-type]  # click checks it
    write_vocabulary(vocabulary, Path(out))
    click.echo(f"wrote {out}: {len(vocabulary.tokens):,} tokens")
