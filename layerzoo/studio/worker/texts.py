"""Texts and samples that nets make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from layerzoo.errors import DataError, UsageError
from layerzoo.generation.samples import are_images, draw_samples
from layerzoo.generation.text import TextGenerator
from layerzoo.generation.token_choice import TokenChoice
from layerzoo.generation.translate import Translator
from layerzoo.generation.write_samples import write_samples
from layerzoo.studio.worker.open_nets import Target, open_net, unpublished
from layerzoo.zoo.new_data import translation
from layerzoo.zoo.open_generating import open_entry, open_unpublished


def text(
    target: Target,
    begin: str,
    length: int,
    temperature: float,
    top_k: int,
    top_p: float,
    beam: int,
    count: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Continue a text, or answer it.

    Args:
        target: the net.
        begin: the text.
        length: tokens to add, or the most of an answer.
        temperature, top_k, top_p: how tokens are drawn.
        beam: candidates of a search for likely texts; 0 draws tokens.
        count: number of continuations.
        seed: of the draws; each further continuation has the next one.
    """
    net = open_net(target)
    if translation(net) is not None:
        translator = Translator(net)
        lines = [line for line in begin.splitlines() if line.strip()]
        if not lines:
            raise DataError("type a text to be answered")
        return [{"begin": line, "more": translator(line, length), "note": ""} for line in lines]
    generator = TextGenerator(net)
    if beam:
        found = generator.beams(begin, length, max(beam, count))[:count]
        return [
            {"begin": begin, "more": more, "note": f"log-probability {log_probability:.4g}"}
            for more, log_probability in found
        ]
    choice = TokenChoice(temperature, top_k, top_p)
    return [
        {
            "begin": begin,
            "more": "".join(generator.pieces(begin, length, choice, seed + number)),
            "note": f"seed {seed + number}",
        }
        for number in range(count)
    ]


def draw(target: Target, count: int, seed: int, blob: str, out: str) -> dict[str, Any]:
    """Write a picture of samples that a net makes of noise.

    Raises:
        UsageError: they are no images.
    """
    if target.get("zoo"):
        opened = open_entry(target["zoo"], blob=blob, seed=seed)
    else:
        opened = open_unpublished(unpublished(target), blob=blob, seed=seed)
    samples = draw_samples(opened, count)
    if not are_images(samples):
        shape = " x ".join(map(str, samples.shape[1:]))
        raise UsageError(
            f"the samples have the shape {shape} and are no images; layerzoo generate writes them"
        )
    write_samples(samples, opened.preprocessing, Path(out))
    return {"count": len(samples), "shape": list(samples.shape[1:])}
