"""The base class of layers.

A layer type states facts (the number of bottoms and tops, the messages of the schema that it reads, whether
it is a loss), infers the shapes of its tops and params, and computes the tops. Autograd computes its
gradients.

A complete layer of your own::

    @register
    class Square(Layer):
        '''The square of its bottom, elementwise.'''

        def forward(self, x):
            return x * x
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self, cast

import torch
from torch import Tensor, nn

from layerzoo.blobs.blob_proto import values_of
from layerzoo.blobs.named import NamedBlobs, blob_name
from layerzoo.declared import layer_fields
from layerzoo.filler import fill
from layerzoo.graph.param_blobs import blob_slots
from layerzoo.layer.arity import Arity, exactly
from layerzoo.layer.blob_params import Given, take_blobs
from layerzoo.layer.clock import Clock
from layerzoo.layer.facts import LayerFacts
from layerzoo.layer.filler_fields import check_fillers
from layerzoo.layer.fusion import Joined, RunningSums
from layerzoo.layer.own_params import OwnParam, Shape, initialised, params_by_building, params_made
from layerzoo.layer.shared_fields import without_weights
from layerzoo.schema import TRAIN, LayerParameter
from layerzoo.seeds import stable_seed


class Layer(LayerFacts, nn.Module):
    """One layer of a net.

    ``forward(*bottoms)`` returns the tops: a tensor for one top, a tuple for several. It must accept any
    batch size, not only that of ``bottom_shapes``, and any floating dtype.

    The class attributes are facts that the graph checks before a layer is built:

    Attributes:
        type_name: its type in configs; `register` sets it to the class's name.
        family: its heading in ``layerzoo list layers``.
        example: fields of its own message, as prototxt, that ``layerzoo explain`` shows.
        example_bottoms: shapes of bottoms for the example; empty tries common ones.
        bottoms, tops: the number of each.
        as_many_tops: it has as many tops as bottoms.
        messages: the fields of LayerParameter that it reads, its own first (``("convolution_param",)``).
        hints: dotted fields of these messages that only select an implementation in Caffe, such as
            ``relu_param.engine``; they don't affect results and are accepted silently.
        ignores: dotted fields of these messages that the layer never reads, with the reason; a config that
            sets one gets a warning.
        param_names: attribute names of its param blobs, in Caffe's order.
        reads_weights: it reads the weights of classes and labels in ``loss_param`` and ``softmax_param``; the
            other types ignore them.
        path_fields: dotted fields that name files, e.g. ``data_param.source``.
        is_loss: its first top has a loss weight of 1 unless the config sets another (`default_loss_weight`).
        is_data: it reads a data source and has no bottoms.
        is_input: the caller of a pass provides its tops.
        has_effects: its pass has side effects: it writes a file or runs the user's code.
        without_gradient: bottoms that ``force_backward`` requests no gradient for, such as labels.
        no_gradient: why no gradient passes from its tops to its bottoms and params; empty if one does.
        may_be_in_place: its top may have the name of its bottom.
        stays_fp32: it computes in FP32 whatever the solver's ``precision`` is, because of norms, logarithms
            or sums over many values; losses always do.
        makes_params: ``__init__`` may create params and submodules; set for every user's class that defines
            ``__init__``.
        shapes_by_value: the shapes of its tops depend on the values of its bottoms.

    Args:
        param: the layer's message.
        bottom_shapes: shape of each bottom.

    Further attributes:
        top_count: number of tops, at least 1.
        given_loss_weight: the loss weight of its first top that the config gives; 1 if it gives none.
        views: shapes in which the layer sees params whose owner has another shape, by index of the blob.
        viewed: the params themselves, while a pass runs and their views replace them.
        blob_params: the params in whose place the layer takes blobs, after its bottoms (``param { blob }``).
    """

    type_name: ClassVar[str] = ""
    family: ClassVar[str] = "other"
    example: ClassVar[str] = ""
    example_bottoms: ClassVar[tuple[Shape, ...]] = ()
    bottoms: ClassVar[Arity] = exactly(1)
    tops: ClassVar[Arity] = exactly(1)
    as_many_tops: ClassVar[bool] = False
    messages: ClassVar[tuple[str, ...]] = ()
    hints: ClassVar[tuple[str, ...]] = ()
    ignores: ClassVar[Mapping[str, str]] = MappingProxyType({})
    reads_weights: ClassVar[bool] = False
    param_names: ClassVar[tuple[str, ...]] = ()
    path_fields: ClassVar[tuple[str, ...]] = ()
    is_loss: ClassVar[bool] = False
    is_data: ClassVar[bool] = False
    is_input: ClassVar[bool] = False
    has_effects: ClassVar[bool] = False
    without_gradient: ClassVar[tuple[int, ...]] = ()
    no_gradient: ClassVar[str] = ""
    may_be_in_place: ClassVar[bool] = False
    stays_fp32: ClassVar[bool] = False
    makes_params: ClassVar[bool] = False
    shapes_by_value: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.reads_weights and (ignored := without_weights(cls.messages)):
            cls.ignores = {**ignored, **cls.ignores}
        if "makes_params" not in cls.__dict__:
            holder = next(base for base in cls.__mro__ if "__init__" in base.__dict__)
            cls.makes_params = cls.makes_params or not holder.__module__.startswith("layerzoo.")

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__()
        self.param = param
        self.name = param.name
        self.top_count = max(1, len(param.top))
        self.given_loss_weight = param.loss_weight[0] if param.loss_weight else 1.0
        self.clock = Clock()
        self.may_draw = not self.is_data and self.randomness(param) is not None
        self._declared = list(self.param_shapes(param, bottom_shapes))
        self._made: list[OwnParam] | None = None
        self.views: dict[int, Shape] = {}
        self.viewed: dict[int, nn.Parameter] = {}
        self.blob_params: list[Given] = []
        declared = {own.name: own for own in self._declared}
        for name in dict.fromkeys((*self.param_names, *declared)):
            own = declared.get(name)
            if own is not None and own.path:  # a layer inside has it
                continue
            blob = None if own is None else nn.Parameter(torch.zeros(own.shape), requires_grad=own.learns)
            self.register_parameter(name, blob)
        vars(self).update(vars(self.fields(param)))
        self.train(param.phase == TRAIN)

    @classmethod
    def unfit_for_subnets(cls, param: LayerParameter) -> tuple[str, str] | None:
        """Why a subnet can't run it, and what to do; None if it can. Its shapes are known by then."""
        if cls.has_effects:
            return (
                "has effects beyond its tops",
                "use its bottom as an output of the subnet, and put it after",
            )
        return None

    @classmethod
    def fields(cls, param: LayerParameter) -> Any:
        """The values of the fields that the class declares, as attributes; instances have them directly."""
        return layer_fields(cls, param)

    @classmethod
    def build(
        cls, param: LayerParameter, bottoms: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> Self:
        """Build a layer of a net; random numbers in ``__init__`` depend only on the seed and its name.

        Args:
            param: the layer's message.
            bottoms: shape of each bottom.
            seed: seed of the run.
            name: name of the layer in its net; empty means the message's.
        """
        name = name or param.name
        if not cls.makes_params:
            layer = cls(param, bottoms)
        else:
            device = torch.get_default_device()
            # on the CPU, so that the numbers don't depend on the device
            initial = device if device.type == "meta" else torch.device("cpu")
            with torch.random.fork_rng(devices=[]), initial:
                torch.default_generator.manual_seed(stable_seed(seed, "init", name))
                layer = initialised(cls(param, bottoms)).to(device)
                layer.train(param.phase == TRAIN)
            layer._made = layer._find_made()
        if blob_slots(param):
            take_blobs(layer)
        layer.name = name
        return layer

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        """Dotted fields of the layer's messages that have no effect in this configuration, and why."""
        return cls.ignores

    @classmethod
    def missing(cls, param: LayerParameter) -> str | None:
        """Why the layer can't be built here, because code that it names is missing; None if it can."""
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        """Infer the shapes of the tops.

        Args:
            param: the layer's message; ``param.phase`` is set.
            bottoms: shape of each bottom.

        Returns:
            one shape for each top; an empty list if they are open until a pass (an Input without a shape).

        Raises:
            LayerFault: the message or the shape of a bottom is invalid.
        """
        return [bottoms[0]] * max(1, len(param.top))

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        """The declared param blobs, in Caffe's order.

        Raises:
            LayerFault: the message or the shape of a bottom is invalid.
        """
        return []

    @classmethod
    def all_params(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        """All param blobs in Caffe's order: the declared ones, then those that ``__init__`` creates.

        To find the latter, a layer is built on the meta device, which uses no memory.

        Raises:
            LayerFault: the message or the shape of a bottom is invalid, or a param has no shape yet.
        """
        if not cls.makes_params:
            return cls.param_shapes(param, bottoms)
        shapes = tuple(map(tuple, bottoms))
        return list(params_by_building(cast("Hashable", cls), param.SerializeToString(), shapes))

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        """Check a config whose shapes are valid.

        Returns:
            warnings about likely mistakes.

        Raises:
            LayerFault: a filler can't fill its param, or is given for a param that is a blob of the net.
        """
        check_fillers(param, cls.messages, cls.param_shapes(param, bottoms))
        return []

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        """What is random in a training pass, e.g. ``Dropout is random``; None if nothing is.

        A layer that draws random numbers must return a text here.
        """
        return None

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Multiply-adds of one forward pass."""
        return 0

    @property
    def is_source(self) -> bool:
        """Whether the tops come from outside the net; `Net.fetch` then runs the layer before the pass."""
        return self.is_data

    @property
    def own_params(self) -> list[OwnParam]:
        """Names, shapes and fillers of `blobs`, in the same order."""
        if not self.makes_params:
            return self._declared
        return self._declared + (self._find_made() if self._made is None else self._made)

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        """Whether its tops share, as in Caffe, the memory of its bottom, its param or a constant.

        Returns:
            ``in a pass``: from its forward pass on; ``always``: also before any pass; None: never.
        """
        return None

    def initial_tops(self) -> Sequence[torch.Tensor | None]:
        """The tops before any pass, for a layer of constants; None or a missing element means zeros."""
        return ()

    def shapes_for(self, bottoms: Sequence[torch.Tensor]) -> list[Shape]:
        """Shapes of the tops for the given bottoms; with `shapes_by_value` they depend on the values."""
        return list(self.top_shapes(self.param, [tuple(bottom.shape) for bottom in bottoms]))

    @property
    def blobs(self) -> list[nn.Parameter]:
        """The param blobs in Caffe's order: the declared ones, then those of submodules.

        A blob that its owner has in another shape is a view (`views`).
        """
        blobs = [_of(self, own.name) for own in self._declared]
        if self.makes_params:
            blobs = [attrgetter(own.name)(self.holder(own)) for own in self.own_params]
        for index, shape in self.views.items():
            blobs[index] = blobs[index].view(shape)
        return blobs

    @property
    def stored_buffers(self) -> dict[str, Tensor]:
        """Persistent buffers by name, which weights files hold besides the param blobs."""
        if not self.makes_params:
            return {}
        persistent = self.inner.state_dict(keep_vars=True)
        return {name: buffer for name, buffer in self.inner.named_buffers() if name in persistent}

    @property
    def weights(self) -> NamedBlobs[Tensor]:
        """The tensors that weights files hold: the param blobs, then the buffers."""
        buffers = self.stored_buffers
        own = [blob_name(i, own.name if own.made else None) for i, own in enumerate(self.own_params)]
        names = own + [blob_name(0, name) for name in buffers]
        return NamedBlobs([*self.blobs, *buffers.values()], names)

    @property
    def inner(self) -> nn.Module:
        """The module that holds the layer's params and buffers."""
        return self

    def holder(self, own: OwnParam) -> nn.Module:
        """The module that a param's name is relative to."""
        return self.inner if own.made else self

    @property
    def param_paths(self) -> list[str]:
        """For each param blob the path of the layer inside that has it; empty for the layer's own."""
        return [own.path for own in self.own_params]

    @property
    def inner_weights(self) -> dict[str, NamedBlobs[Tensor]]:
        """`weights` by the path of the layer inside that has them; those of its own under the empty path."""
        return {"": self.weights}

    def _find_made(self) -> list[OwnParam]:
        return params_made(self.inner, {own.name for own in self._declared})

    def joined(self, following: Sequence[Layer], sums: RunningSums) -> Joined | None:
        """Run the layer and some that follow as one operation, under autograd.

        Args:
            following: the layers that follow, each the only consumer of the one before.
            sums: takes updates of running sums, which are made at the end of the pass.

        Returns:
            the operation, which gives the same numbers up to rounding; None if there is none.
        """
        return None

    def fill_params(self, seed: int, only: Collection[int] | None = None) -> None:
        """Fill the param blobs by their fillers; the values depend only on the seed and the layer's name.

        If the config has ``blobs``, their values are copied and no filler runs, as in Caffe.

        Args:
            seed: seed of the run.
            only: indices of the blobs to fill; None fills all.
        """
        if self.param.blobs:
            for index, blob in enumerate(self.blobs):
                if only is None or index in only:
                    blob.data.copy_(values_of(self.param.blobs[index]).view(blob.shape))
            return
        for index, own in enumerate(self._declared):
            if own.filler is not None and (only is None or index in only):
                generator = torch.Generator().manual_seed(stable_seed(seed, "filler", self.name, index))
                fill(getattr(self, own.name).data, own.filler, generator)

    def random_levels(self, shape: Sequence[int], device: torch.device, what: str = "") -> Tensor:
        """A random 16-bit number for each element of a blob; see `layerzoo.layer.clock.Clock.levels`."""
        return self.clock.levels(self, what, shape, device)

    def random_uniform(self, shape: Sequence[int], device: torch.device, what: str = "") -> Tensor:
        """A random number in (0, 1] for each element of a blob; see `layerzoo.layer.clock.Clock.uniform`."""
        return self.clock.uniform(self, what, shape, device)

    def generator(self, device: torch.device, what: str = "", joint: bool = False) -> torch.Generator:
        """A random generator for a data layer, by seed, batch, name, ``what`` and, unless ``joint``, rank."""
        rank = (self.clock.rank,) if self.clock.rank and not joint else ()
        seed = stable_seed(self.clock.seed, self.clock.batch, self.name, what, *rank)
        return torch.Generator(device).manual_seed(seed)

    def extra_repr(self) -> str:
        """The layer's name, for ``print(net)``."""
        return repr(self.name)


def _of(layer: nn.Module, name: str) -> Any:
    return attrgetter(name)(layer) if "." in name else getattr(layer, name)
