"""What a layer type states of itself for those who use nets: deploying, evaluating, drawing data, showing.

Each has a default that is right for most layers; a type that differs says so in its class.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from layerzoo.errors import ExportError
from layerzoo.graph.facts import GradientStops
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter

Shape = tuple[int, ...]


class LayerFacts:
    """Facts of a layer type beyond those that the graph checks; `layerzoo.layer.Layer` has them.

    Attributes:
        higher_is_better: its first top is a score that rises as a net gets better.
        deployed: it belongs to a net for deployment too; not so are scores and what only records.
        prediction: of a loss, the type of layer that turns its first bottom into predictions.
        gives_probabilities: its tops are probabilities.
        writes_files: it writes files.
        self_contained: it is a data layer that makes its tops of its config alone.
        reads_images: it is a data layer whose first top holds images.
        needs_images: its first bottom is (N, C, H, W).
        any_shapes: it is a data layer whose tops have any shape, as its source says, labels or not.
        time_first: the first axis of its first bottom is time.
        passes_values: its tops hold values of its bottoms, in another order or shape.
        has_filters: its first param holds filters (outputs, channels, height, width).
    """

    higher_is_better: ClassVar[bool] = False
    deployed: ClassVar[bool] = True
    prediction: ClassVar[str] = ""
    gives_probabilities: ClassVar[bool] = False
    writes_files: ClassVar[bool] = False
    self_contained: ClassVar[bool] = False
    reads_images: ClassVar[bool] = False
    needs_images: ClassVar[bool] = False
    any_shapes: ClassVar[bool] = False
    time_first: ClassVar[bool] = False
    passes_values: ClassVar[bool] = False
    has_filters: ClassVar[bool] = False

    @property
    def on_host(self) -> bool:
        """Whether a pass goes from blobs to blobs (`layerzoo.host.autograd.HostLayer`), not by tensors."""
        return False

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        """Where no gradient passes that one might expect; a net that needs it there is warned of."""
        return GradientStops()

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        """Write the layer in plain torch, for a net that is exported as Python.

        It reads the built layer rather than its message, so that it writes what runs.

        Args:
            source: where modules, params and helper functions are added.
            bottoms: the variables to compute from.

        Returns:
            the expression of the tops.

        Raises:
            ExportError: the layer can't be written so.
        """
        raise ExportError(f"a layer of type '{type(self).__name__}' can't be written as Python")

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        """The axis of classes of scores (bottom 0) that are compared with labels (bottom 1), or None."""
        return None

    @classmethod
    def declared_batch(cls, param: LayerParameter) -> Shape | None:
        """The shape of a data layer's first top, where the config gives it, and no file has a say."""
        return None

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        """For a bottom of whole numbers from 0 up, what they stay below; None where any number will do.

        Args:
            param: the layer's message.
            bottom: which bottom.
            shapes: of all bottoms.
        """
        axis = cls.class_axis(param)
        return shapes[0][axis] if axis is not None and bottom == 1 else None
