"""What nets answer: for pictures, other samples and texts; and pictures of what they compute."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from layerzoo.errors import UsageError
from layerzoo.studio.api.look import path_of
from layerzoo.studio.looking.target import Wanted, target_of
from layerzoo.studio.routing import service
from layerzoo.studio.studio import Request

AT_ONCE: Final = 64
"""Pictures of a request."""
_MAX_ROWS: Final = 2000
_MAX_TOKENS: Final = 5000


@dataclass
class ForPictures:
    """Pictures, and the net that answers.

    Attributes:
        net: the net.
        sources: pictures, 64 at most.
        top: classes of each picture.
        threshold: the least score of an object.
    """

    net: Wanted
    sources: list[str]
    top: int = 5
    threshold: float = 0.5


@dataclass
class ForSamples:
    """A file of samples that are no pictures, or a text that is typed.

    Attributes:
        net: the net.
        source: the file; empty for a text.
        text: the text.
        top: classes of each sample.
        name: what answers call the file; empty for its source.
    """

    net: Wanted
    source: str = ""
    text: str = ""
    top: int = 5
    name: str = ""


@dataclass
class ForInsight:
    """A picture to look into.

    Attributes:
        net: the net.
        source: the picture; empty to see the weights alone.
        kinds: of ``explain``: gradcam, saliency, occlusion.
        label: the class to explain, by label or index; empty for the one that is predicted.
        layer: the layer of Grad-CAM; empty for the last one with places.
        layers: of ``layers``: their names; none means all.
    """

    net: Wanted
    source: str = ""
    kinds: list[Literal["gradcam", "saliency", "occlusion"]] = field(
        default_factory=lambda: ["gradcam", "saliency"]
    )
    label: str = ""
    layer: str = ""
    layers: list[str] = field(default_factory=list)


@dataclass
class ForText:
    """A text to continue or to answer; see ``layerzoo generate``."""

    net: Wanted
    text: str
    length: int = 200
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    beam: int = 0
    count: int = 1
    seed: int = 0


@dataclass
class ForDrawing:
    """Samples that a net makes of noise."""

    net: Wanted
    count: int = 64
    seed: int = 0
    blob: str = ""


@dataclass
class Answers:
    """An answer for each picture; ``results`` is the folder of the files that it names."""

    rows: list[dict[str, Any]]
    results: str = ""
    notes: list[str] = field(default_factory=list)


@dataclass
class Figures:
    """Pictures with captions and data, below ``results``."""

    results: str
    figures: list[dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)


def _files(call: Request, sources: list[str]) -> list[str]:
    if not 0 < len(sources) <= AT_ONCE:
        raise UsageError(f"{len(sources)} pictures; name 1 to {AT_ONCE} at a time")
    return [str(path_of(call, source)) for source in sources]


def _target(call: Request) -> dict[str, Any]:
    return target_of(call.body.net, call.studio.index, call.studio.roots)


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UsageError(f"{name} is {value:g}; expected {low:g} to {high:g}")


@service("POST", "/api/look/classify", role="run", body=ForPictures, answer=Answers)
def classify(call: Request) -> Answers:
    """The best classes of pictures, or the numbers that a net predicts of them."""
    _check("top", call.body.top, 1, 1000)
    files = _files(call, call.body.sources)
    return Answers(call.studio.bench.ask("classify", target=_target(call), files=files, top=call.body.top))


@service("POST", "/api/look/detect", role="run", body=ForPictures, answer=Answers)
def detect(call: Request) -> Answers:
    """The objects in pictures; the sides of boxes are shares of the picture's."""
    threshold: float = call.body.threshold
    _check("threshold", threshold, 0, 1)
    files = _files(call, call.body.sources)
    return Answers(call.studio.bench.ask("detect", target=_target(call), files=files, threshold=threshold))


@service("POST", "/api/look/segment", role="run", body=ForPictures, answer=Answers)
def segment(call: Request) -> Answers:
    """The class of each pixel of pictures, as pictures."""
    files = _files(call, call.body.sources)
    number, folder = call.studio.pictures.results()
    rows = call.studio.bench.ask("segment", target=_target(call), files=files, out=str(folder))
    return Answers(rows, number)


@service("POST", "/api/look/samples", role="run", body=ForSamples, answer=Answers)
def samples(call: Request) -> Answers:
    """The best classes of rows, texts, sequences or recordings."""
    asked: ForSamples = call.body
    _check("top", asked.top, 1, 1000)
    if not asked.source and not asked.text.strip():
        raise UsageError("choose a file, or type a text")
    found = call.studio.bench.ask(
        "samples",
        target=_target(call),
        file=str(path_of(call, asked.source)) if asked.source else "",
        typed=asked.text,
        name=asked.name or asked.source or "text",
        top=asked.top,
        most=_MAX_ROWS,
    )
    return Answers(found["rows"], notes=found["notes"])


@service("POST", "/api/look/layers", role="run", body=ForInsight, answer=Figures)
def layers(call: Request) -> Figures:
    """Weights and activations of each layer, as pictures with histograms."""
    asked: ForInsight = call.body
    number, folder = call.studio.pictures.results()
    file = str(path_of(call, asked.source)) if asked.source else ""
    call.studio.bench.ask("layers", target=_target(call), file=file, out=str(folder), names=asked.layers)
    return Figures(number, json.loads((folder / "figures.json").read_text())["figures"])


@service("POST", "/api/look/explain", role="run", body=ForInsight, answer=Figures)
def explain(call: Request) -> Figures:
    """What the score of a class depends on: Grad-CAM, saliency, occlusion, as pictures."""
    asked: ForInsight = call.body
    number, folder = call.studio.pictures.results()
    found = call.studio.bench.ask(
        "explain",
        target=_target(call),
        file=str(path_of(call, asked.source)),
        kinds=asked.kinds,
        wanted=asked.label,
        layer=asked.layer,
        out=str(folder),
    )
    return Figures(number, found.pop("figures"), found)


@service("POST", "/api/look/text", role="run", body=ForText, answer=Answers)
def text(call: Request) -> Answers:
    """Continue a text, or answer it."""
    asked: ForText = call.body
    _check("length", asked.length, 1, _MAX_TOKENS)
    _check("temperature", asked.temperature, 0, 100)
    _check("top_k", asked.top_k, 0, 1_000_000)
    _check("top_p", asked.top_p, 1e-6, 1)
    _check("beam", asked.beam, 0, 64)
    _check("count", asked.count, 1, 16)
    _check("seed", asked.seed, 0, 2**32)
    settings = {key: value for key, value in vars(asked).items() if key not in ("net", "text")}
    return Answers(call.studio.bench.ask("text", target=_target(call), begin=asked.text, **settings))


@service("POST", "/api/look/draw", role="run", body=ForDrawing, answer=Answers)
def draw(call: Request) -> Answers:
    """A picture of samples that a net makes of noise."""
    asked: ForDrawing = call.body
    _check("count", asked.count, 1, 400)
    _check("seed", asked.seed, 0, 2**32)
    number, folder = call.studio.pictures.results()
    found = call.studio.bench.ask(
        "draw",
        target=_target(call),
        count=asked.count,
        seed=asked.seed,
        blob=asked.blob,
        out=str(folder / "samples.png"),
    )
    return Answers([{**found, "file": "samples.png"}], number)
