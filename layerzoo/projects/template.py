"""Base class and registry of the nets that a project can begin with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from pkgutil import iter_modules
from typing import ClassVar, Final, TypeVar

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.projects.asked import CLASSIFICATION, MULTI_LABEL, REGRESSION
from layerzoo.projects.data_description import DataDescription

_PACKAGE: Final = "layerzoo.projects.templates"
SCORE: Final = "score"
"""The blob that a net of one output per sample ends with."""
_SPECIAL: Final = frozenset({"bag_of_tokens", "lenet_mlp", "mel_conv", "temporal_conv"})
"""Templates for which a recogniser asks by name."""


class Template(ABC):
    """A net for some tasks, written as YAML.

    Attributes:
        name: its name, for ``-model``.
        what: the net in words.
        tasks: what it can be trained to do.
        images: whether it takes images.
        most, multiple: the largest side of its images in pixels, and what sides have to be a multiple of.
        batch: the largest batch that suits it.
        rate, rule, why: the learning rate, the type of solver, and the reason for both.
        solver: further fields of the solver, each with a reason.
        own_head: whether its layers hold losses and scores, too.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    tasks: ClassVar[tuple[str, ...]] = (CLASSIFICATION, MULTI_LABEL, REGRESSION)
    images: ClassVar[bool] = True
    most: ClassVar[int] = 224
    multiple: ClassVar[int] = 1
    batch: ClassVar[int] = 32
    rate: ClassVar[float] = 0.001
    rule: ClassVar[str] = "Adam"
    why: ClassVar[str] = (
        "0.001 suits Adam with most nets; too high if the loss rises, too low if it hardly falls"
    )
    solver: ClassVar[tuple[tuple[str, object, str], ...]] = ()
    own_head: ClassVar[bool] = False

    @abstractmethod
    def layers(self, description: DataDescription, outputs: int, side: int) -> str:
        """The layers after the data, as YAML; the last top is ``score`` (samples, outputs).

        Args:
            description: the data.
            outputs: number of outputs per sample.
            side: side of the images in pixels; 0 if there are none.
        """

    def transform(self, description: DataDescription, side: int, train: bool) -> dict[str, object]:
        """The fields of ``transform_param`` that prepare the images."""
        from layerzoo.projects.preparing import prepared

        return prepared(description, side, train)

    @property
    def weights(self) -> str:
        """The file of weights that training starts from; empty if none."""
        return ""


_KNOWN: dict[str, type[Template]] = {}
T = TypeVar("T", bound=type[Template])


def template(cls: T) -> T:
    """Register a template under its name; for use as a decorator."""
    _KNOWN[cls.name] = cls
    return cls


def templates() -> dict[str, type[Template]]:
    """All templates by name."""
    for module in iter_modules(import_module(_PACKAGE).__path__):
        import_module(f"{_PACKAGE}.{module.name}")
    return dict(sorted(_KNOWN.items()))


def find_template(name: str, description: DataDescription) -> Template:
    """The template of a name, for data.

    Raises:
        UsageError: there is none, or it doesn't suit the data.
    """
    known = templates()
    if name not in known:
        hint = did_you_mean(nearest(name, known)) or f"known are {', '.join(known)} and zoo:NAME"
        raise UsageError(f"-model {name}: no such model; {hint}")
    cls, has_images = known[name], description.images is not None
    suiting = [n for n, c in known.items() if description.task in c.tasks and c.images == has_images]
    fitting = list(description.models) or [n for n in suiting if n not in _SPECIAL]
    if name in fitting:
        return cls()
    if name in suiting:
        raise UsageError(f"-model {name}: it doesn't suit {description.what}; use {' or '.join(fitting)}")
    needs = "it takes images" if cls.images and not has_images else f"it is for {', '.join(cls.tasks)}"
    raise UsageError(
        f"-model {name}: {needs}, and the data are for {description.task}; use {' or '.join(fitting)}"
    )
