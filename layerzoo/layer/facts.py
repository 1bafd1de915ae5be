"""Facts of a layer type for deployment, evaluation, export and display.

The defaults are right for most layer types; the others override them in their classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from layerzoo.errors import ExportError
from layerzoo.graph.facts import GradientStops
from layerzoo.graph.model import InnerRun
from layerzoo.layer.decoding_state import DecodingState
from layerzoo.layer.fusion import Activation, ChannelMap, Filters
from layerzoo.python_source import Operands, PythonSource
from layerzoo.schema import LayerParameter, LossParameter

Shape = tuple[int, ...]


class LayerFacts:
    """Facts of a layer type beyond those that the graph checks; a base of `layerzoo.layer.Layer`.

    Attributes:
        higher_is_better: its first top is a score, and a better net has a higher one.
        evaluates_detections: its first top lists detections and whether each is right; a test pools them into
            a mean average precision, see `layerzoo.layers.detection_evaluate`.
        counts_pixels: its first top counts pixels by their class and the predicted one; tests pool them into
            a mean intersection over union, see `layerzoo.layers.mean_iou`.
        deployed: it is part of a net for deployment; scores and layers that only record are not.
        prediction: for a loss, the layer type that turns its first bottom into predictions.
        convex_loss: it is a loss, convex in its bottoms and with a second derivative by them.
        regresses: it is a loss, and its first bottom predicts the values of its second one.
        separate_labels: it is a loss, and each value of its second bottom says yes (1) or no (0) to the score
            at its place.
        gives_probabilities: its tops are probabilities.
        gives_detections: its first top is a list of detections (1, 1, count, 7): image, class, score, left,
            top, right, bottom; the sides as shares of the image's.
        mixes_images: its first top doesn't tell of which image of a batch a detection is.
        writes_files: it writes files, whatever its config; see `writes`.
        self_contained: it is a data layer whose tops depend only on its config.
        reads_images: it is a data layer whose first top holds images.
        needs_images: its first bottom is (N, C, H, W).
        list_field: dotted field that names a list of files, a name or several per line; empty if none does.
        table_fields: dotted fields that name files in which paths of further files stand, in a format of the
            layer's own.
        survey_fields: dotted fields of files that a survey does without if they are missing, or of what is
            written to files.
        regions_field: dotted field of the largest first axis of its first top, if it proposes regions.
        any_shapes: it is a data layer whose source determines the shapes and the number of its tops.
        time_first: the first axis of its first bottom is time.
        passes_values: its tops hold the values of its bottoms, possibly in another order or shape.
        interpolates: its tops hold values between those of its bottom.
        has_filters: its first param holds filters (outputs, channels, height, width).
        looks_up_rows: its first param is a table whose rows it looks up one by one.
        draws_for_elements: its random numbers lie along the axes of its first bottom, from the first one on.
        any_layout: it computes the same whatever the layout of its bottoms in memory.
        rectifies: its top is about 0 where its bottom is below 0.
        asks_for_surrogate: a config that has it asks for its surrogate gradient, so that no warning is given.
        fixed_params: why no blob can take the place of its params (``param { blob }``); empty if one can.
        fresh_top: its top is new memory that its backward pass does not read, so that a layer that follows
            may overwrite it.
        fixed_buffers: names of its buffers that no pass changes; any other is carried from pass to pass.
        inner_prefix: what the names of params and buffers in its `inner` module begin with in itself.
        syncs_statistics: with ``clock.joint_sum`` it normalises by the samples of all processes.
        decoding: what it keeps from step to step while a net is decoded (`layerzoo.net.decoding`); else None.
    """

    fixed_buffers: ClassVar[tuple[str, ...]] = ()
    inner_prefix: ClassVar[str] = ""
    higher_is_better: ClassVar[bool] = False
    evaluates_detections: ClassVar[bool] = False
    counts_pixels: ClassVar[bool] = False
    deployed: ClassVar[bool] = True
    prediction: ClassVar[str] = ""
    convex_loss: ClassVar[bool] = False
    regresses: ClassVar[bool] = False
    separate_labels: ClassVar[bool] = False
    gives_probabilities: ClassVar[bool] = False
    gives_detections: ClassVar[bool] = False
    mixes_images: ClassVar[bool] = False
    writes_files: ClassVar[bool] = False
    self_contained: ClassVar[bool] = False
    reads_images: ClassVar[bool] = False
    needs_images: ClassVar[bool] = False
    list_field: ClassVar[str] = ""
    table_fields: ClassVar[tuple[str, ...]] = ()
    survey_fields: ClassVar[tuple[str, ...]] = ()
    regions_field: ClassVar[str] = ""
    any_shapes: ClassVar[bool] = False
    time_first: ClassVar[bool] = False
    passes_values: ClassVar[bool] = False
    interpolates: ClassVar[bool] = False
    has_filters: ClassVar[bool] = False
    looks_up_rows: ClassVar[bool] = False
    draws_for_elements: ClassVar[bool] = False
    any_layout: ClassVar[bool] = False
    rectifies: ClassVar[bool] = False
    asks_for_surrogate: ClassVar[bool] = False
    fixed_params: ClassVar[str] = ""
    fresh_top: ClassVar[bool] = False
    syncs_statistics: ClassVar[bool] = False
    decoding: DecodingState | None = None

    @property
    def on_host(self) -> bool:
        """Whether it computes on blobs in host memory (`layerzoo.host.autograd.HostLayer`)."""
        return False

    @property
    def couples_samples(self) -> str | None:
        """What a pass computes of all samples of a batch together, beyond a mean or a sum; None if nothing.

        Processes that train together compute it each of its own samples, so that their results are not those
        of one process with all.
        """
        return None

    @property
    def divides_by_first_axis(self) -> bool:
        """Whether it is a loss that is divided by the size of the first axis of its first bottom."""
        mode = getattr(self, "mode", LossParameter.BATCH_SIZE)
        return getattr(self, "is_loss", False) and bool(mode == LossParameter.BATCH_SIZE)

    @classmethod
    def default_loss_weight(cls, param: LayerParameter) -> float:
        """The loss weight of its first top if the config sets none."""
        return float(getattr(cls, "is_loss", False))

    @classmethod
    def replacement(cls, param: LayerParameter) -> str | None:
        """The registered type that takes the place of a layer whose code is missing; None if none does."""
        return None

    @classmethod
    def stand_in(cls, param: LayerParameter) -> LayerParameter | None:
        """A data layer that makes data of its own in the place of its source; None if inputs can replace it.

        Args:
            param: the layer's message, which may be changed and returned.
        """
        return None

    @classmethod
    def typical_values(
        cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]
    ) -> Sequence[float] | None:
        """The numbers of one item of a bottom that would be meaningless if they were random; else None.

        Args:
            param: the layer's message.
            bottom: index of the bottom.
            shapes: shapes of all bottoms.
        """
        return None

    @classmethod
    def input_axes(cls, param: LayerParameter) -> Sequence[Sequence[str]]:
        """For each top of an input the names of its axes, empty for an axis that has one size.

        An axis with a name may have any size when the net runs, the same for all inputs that have it.
        """
        return ()

    @classmethod
    def gradient_stops(cls, param: LayerParameter) -> GradientStops:
        """The bottoms and tops at which it stops the gradient; a net that needs it there gets a warning."""
        return GradientStops()

    @classmethod
    def inner_runs(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> Sequence[InnerRun]:
        """The subnets that the layer runs, with the shapes that they have for its bottoms."""
        return ()

    @classmethod
    def surrogate_gradient(cls, param: LayerParameter) -> str | None:
        """What its backward pass computes in place of the derivative of its forward pass; None if nothing.

        Layers of forks do what their fork does. A net that needs such a gradient gets a warning, unless
        `asks_for_surrogate`.
        """
        return None

    @property
    def unrecordable(self) -> str | None:
        """Why a compiled pass, or one recorded as a CUDA graph, would compute something else; else None."""
        return None

    def begin_decoding(self) -> DecodingState | None:
        """What the layer keeps from step to step while a net is decoded; None if it needs nothing.

        Raises:
            LayerFault: it can't compute the steps of a sequence one after the other.
        """
        return None

    def as_python(self, source: PythonSource, bottoms: Operands) -> str:
        """Write the layer as plain torch code, for the export of a net as Python.

        An implementation reads the built layer instead of its message, so that it writes what runs.

        Args:
            source: receives modules, params and helper functions.
            bottoms: the variables that hold the bottoms.

        Returns:
            the expression that computes the tops.

        Raises:
            ExportError: the layer can't be written as Python.
        """
        raise ExportError(f"a layer of type '{type(self).__name__}' can't be written as Python")

    def filters(self) -> Filters | None:
        """The convolution that the layer is; None if it is none over two axes."""
        return None

    def channel_map(self) -> ChannelMap | None:
        """The affine map of each channel that the layer is in its present mode; None if it is none."""
        return None

    def activation(self) -> Activation | None:
        """The function of single elements that the layer is; None if it is none that can be fused."""
        return None

    @property
    def is_sum(self) -> bool:
        """Whether its top is the sum of its bottoms."""
        return False

    @classmethod
    def writes(cls, param: LayerParameter) -> bool:
        """Whether it writes files with this config."""
        return cls.writes_files

    @classmethod
    def class_axis(cls, param: LayerParameter) -> int | None:
        """The axis of classes in bottom 0, the scores that bottom 1 labels; None if there is none."""
        return None

    @classmethod
    def counted_classes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> int | None:
        """Number of classes whose weights come from the labels of the source; None if none do."""
        return None

    @classmethod
    def declared_batch(cls, param: LayerParameter) -> Shape | None:
        """The shape of a data layer's first top if the config alone determines it; else None."""
        return None

    @classmethod
    def annotation_shapes(cls, param: LayerParameter, images: Shape) -> list[Shape] | None:
        """Shapes of a data layer's tops after its images, where the source is missing.

        Args:
            param: the layer's message.
            images: shape of the first top.

        Returns:
            None for a label of one number per sample; an axis of 0 has an unknown length.
        """
        return None

    @classmethod
    def choices(cls) -> Mapping[str, Sequence[str]]:
        """The names that its fields take, by the kind that ``layerzoo list`` has them under."""
        return {}

    @classmethod
    def batches_ahead(cls, param: LayerParameter) -> int:
        """The number of batches that a data layer reads ahead."""
        return 0

    @classmethod
    def value_bound(cls, param: LayerParameter, bottom: int, shapes: Sequence[Shape]) -> int | None:
        """The exclusive upper bound of a bottom that holds integers from 0; None if it may hold any number.

        Args:
            param: the layer's message.
            bottom: index of the bottom.
            shapes: shapes of all bottoms.
        """
        axis = cls.class_axis(param)
        known = axis is not None and bottom == 1 and -len(shapes[0]) <= axis < len(shapes[0])
        return shapes[0][axis] if known and axis is not None else None
