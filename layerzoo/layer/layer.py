"""The base of every layer.

A layer type says what it is (how many bottoms and tops, which message of the schema it reads, whether it is
a loss), gives the shapes of its tops and params by arithmetic, and computes. Its backward pass is autograd's.

A layer of one's own, complete::

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
from layerzoo.filler import check_filler, fill
from layerzoo.layer.arity import Arity, exactly
from layerzoo.layer.clock import Clock
from layerzoo.layer.facts import LayerFacts
from layerzoo.layer.own_params import OwnParam, Shape, initialised, params_by_building, params_made
from layerzoo.schema import TRAIN, FillerParameter, LayerParameter, part_of
from layerzoo.seeds import stable_seed


class Layer(LayerFacts, nn.Module):
    """One layer of a net.

    ``forward(*bottoms)`` gives the tops: a tensor where there is one, else a tuple. It must take any batch
    size, not only that of ``bottom_shapes``, and any floating dtype.

    Class attributes are facts that the graph checks before a layer is built:

    Attributes:
        type_name: its type in configs; `register` sets it to the class's name.
        family: what ``layerzoo list layers`` puts it under.
        example: fields of its own message, as prototxt, that ``layerzoo explain`` shows.
        bottoms, tops: how many of each it takes.
        as_many_tops: it takes as many tops as bottoms.
        messages: the fields of LayerParameter it reads, its own first (``("convolution_param",)``).
        hints: dotted fields of them that only tell Caffe how to compute, such as ``relu_param.engine``; they
            change no number and are taken without a word.
        ignores: dotted fields of them that the layer never reads, and why; a config that gives one is warned.
        param_names: attributes of its param blobs, in Caffe's order.
        path_fields: fields that name files, dotted, e.g. ``data_param.source``.
        is_loss: its first top has a loss weight of 1 unless the config says otherwise.
        is_data: it reads a source of data and has no bottoms.
        is_input: the caller of a pass gives its tops.
        has_effects: a pass does more than compute the tops: it writes a file, or runs code of the user's.
        without_gradient: bottoms that ``force_backward`` asks no gradient of, such as labels.
        no_gradient: why no gradient passes from its tops to its bottoms and params; empty where one does.
        may_be_in_place: a config may give its top the name of its bottom.
        stays_fp32: it computes in FP32 whatever the solver's ``precision`` says, as losses always do: norms,
            logarithms, sums over many values.
        makes_params: ``__init__`` may make params and submodules; set for every class of the user's own that
            defines ``__init__``.
        shapes_by_value: the shapes of its tops depend on what its bottoms hold.

    Args:
        param: the layer's message.
        bottom_shapes: shape of each bottom.

    Further attributes:
        views: by index of a param blob, the shape in which the layer sees it, where its owner has another.
        viewed: the params themselves, while a pass runs and views stand in their places.
    """

    type_name: ClassVar[str] = ""
    family: ClassVar[str] = "other"
    example: ClassVar[str] = ""
    bottoms: ClassVar[Arity] = exactly(1)
    tops: ClassVar[Arity] = exactly(1)
    as_many_tops: ClassVar[bool] = False
    messages: ClassVar[tuple[str, ...]] = ()
    hints: ClassVar[tuple[str, ...]] = ()
    ignores: ClassVar[Mapping[str, str]] = MappingProxyType({})
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
        if "makes_params" not in cls.__dict__:
            holder = next(base for base in cls.__mro__ if "__init__" in base.__dict__)
            cls.makes_params = cls.makes_params or not holder.__module__.startswith("layerzoo.")

    def __init__(self, param: LayerParameter, bottom_shapes: Sequence[Shape] = ()) -> None:
        super().__init__()
        self.param = param
        self.name = param.name
        self.clock = Clock()
        self.may_draw = not self.is_data and self.randomness(param) is not None
        self._declared = list(self.param_shapes(param, bottom_shapes))
        self._made: list[OwnParam] | None = None
        self.views: dict[int, Shape] = {}
        self.viewed: dict[int, nn.Parameter] = {}
        declared = {own.name: own for own in self._declared}
        for name in dict.fromkeys((*self.param_names, *declared)):
            own = declared.get(name)
            blob = None if own is None else nn.Parameter(torch.zeros(own.shape), requires_grad=own.learns)
            self.register_parameter(name, blob)
        vars(self).update(vars(self.fields(param)))
        self.train(param.phase == TRAIN)

    @classmethod
    def fields(cls, param: LayerParameter) -> Any:
        """The values of the fields that the class declares, as attributes; an instance has them itself."""
        return layer_fields(cls, param)

    @classmethod
    def build(
        cls, param: LayerParameter, bottoms: Sequence[Shape] = (), seed: int = 0, name: str = ""
    ) -> Self:
        """A layer of a net; what ``__init__`` draws depends on the seed and the layer's name alone.

        Args:
            param: the layer's message.
            bottoms: shape of each bottom.
            seed: of the run.
            name: of the layer in its net; empty takes the message's.
        """
        name = name or param.name
        if not cls.makes_params:
            layer = cls(param, bottoms)
        else:
            device = torch.get_default_device()
            at_first = device if device.type == "meta" else torch.device("cpu")  # the same numbers everywhere
            with torch.random.fork_rng(devices=[]), at_first:
                torch.default_generator.manual_seed(stable_seed(seed, "init", name))
                layer = initialised(cls(param, bottoms)).to(device)
                layer.train(param.phase == TRAIN)
            layer._made = layer._find_made()
        layer.name = name
        return layer

    @classmethod
    def unread(cls, param: LayerParameter) -> Mapping[str, str]:
        """Dotted fields of the layer's messages that do nothing in this configuration, and why."""
        return cls.ignores

    @classmethod
    def missing(cls, param: LayerParameter) -> str | None:
        """Why this machine can't build the layer, as code that it names is not there; None where it can."""
        return None

    @classmethod
    def top_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[Shape]:
        """Shapes of the tops, by arithmetic.

        Args:
            param: the layer's message; ``param.phase`` is set.
            bottoms: shape of each bottom.

        Returns:
            one for each top; none where the config leaves them open until a pass (an Input without a shape).

        Raises:
            LayerFault: the message or a bottom's shape doesn't fit.
        """
        return [bottoms[0]] * max(1, len(param.top))

    @classmethod
    def param_shapes(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        """The declared param blobs, in Caffe's order.

        Raises:
            LayerFault: the message or a bottom's shape doesn't fit.
        """
        return []

    @classmethod
    def all_params(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[OwnParam]:
        """All param blobs in Caffe's order: the declared ones, then those that ``__init__`` makes.

        To find the latter, a layer is built without memory, on the meta device.

        Raises:
            LayerFault: the message or a bottom's shape doesn't fit, or a param has no shape yet.
        """
        if not cls.makes_params:
            return cls.param_shapes(param, bottoms)
        found = params_by_building(
            cast("Hashable", cls), param.SerializeToString(), tuple(map(tuple, bottoms))
        )
        return list(found)

    @classmethod
    def check(cls, param: LayerParameter, bottoms: Sequence[Shape]) -> list[str]:
        """Look closer, once the shapes fit.

        Returns:
            warnings: what is legal but likely not meant.

        Raises:
            LayerFault: a filler that can't fill its param.
        """
        for own in cls.param_shapes(param, bottoms):
            if own.filler is not None:
                check_filler(own.filler, own.shape, _path_of(own.filler, param, cls.messages))
        return []

    @classmethod
    def randomness(cls, param: LayerParameter) -> str | None:
        """What is random in a training pass, e.g. ``Dropout is random``; None where nothing is.

        A layer that draws random numbers has to say so.
        """
        return None

    @classmethod
    def macs(cls, param: LayerParameter, bottoms: Sequence[Shape], tops: Sequence[Shape]) -> int:
        """Multiply-adds of one forward pass."""
        return 0

    @property
    def is_source(self) -> bool:
        """Whether the tops come from outside the net, so that `Net.fetch` runs the layer before the pass."""
        return self.is_data

    @property
    def own_params(self) -> list[OwnParam]:
        """What `blobs` are, in the same order."""
        if not self.makes_params:
            return self._declared
        return self._declared + (self._find_made() if self._made is None else self._made)

    @classmethod
    def shares_memory(cls, param: LayerParameter) -> Literal["in a pass", "always"] | None:
        """Whether its tops lie, as in Caffe, in the memory of its bottom, its param or a constant.

        Returns:
            ``in a pass``: from its forward pass on; ``always``: before any pass too.
        """
        return None

    def initial_tops(self) -> Sequence[torch.Tensor | None]:
        """What its tops hold before any pass, for a layer of constants; None, or nothing at all, is zeros."""
        return ()

    def shapes_for(self, bottoms: Sequence[torch.Tensor]) -> list[Shape]:
        """Shapes of the tops for these very bottoms; where `shapes_by_value`, their values count."""
        return list(self.top_shapes(self.param, [tuple(bottom.shape) for bottom in bottoms]))

    @property
    def blobs(self) -> list[nn.Parameter]:
        """The param blobs in Caffe's order: the declared ones, then those of submodules.

        One that is shared with a layer that has it in another shape is a view (`views`).
        """
        found = [getattr(self, own.name) for own in self._declared]
        if self.makes_params:
            found = [attrgetter(own.name)(self.holder(own)) for own in self.own_params]
        for index, shape in self.views.items():
            found[index] = found[index].view(shape)
        return found

    @property
    def stored_buffers(self) -> dict[str, Tensor]:
        """Tensors that weights files hold beside the param blobs: persistent buffers, by name."""
        if not self.makes_params:
            return {}
        kept = self.inner.state_dict(keep_vars=True)
        return {name: buffer for name, buffer in self.inner.named_buffers() if name in kept}

    @property
    def weights(self) -> NamedBlobs[Tensor]:
        """What weights files hold of it: the param blobs, then the buffers."""
        buffers = self.stored_buffers
        own = [blob_name(i, own.name if own.made else None) for i, own in enumerate(self.own_params)]
        names = own + [blob_name(0, name) for name in buffers]
        return NamedBlobs([*self.blobs, *buffers.values()], names)

    @property
    def inner(self) -> nn.Module:
        """The module whose params and buffers are the layer's."""
        return self

    def holder(self, own: OwnParam) -> nn.Module:
        """The module that the name of one of its params starts from."""
        return self.inner if own.made else self

    def _find_made(self) -> list[OwnParam]:
        return params_made(self.inner, {own.name for own in self._declared})

    def fill_params(self, seed: int, only: Collection[int] | None = None) -> None:
        """Fill the param blobs by their fillers; the values depend on the seed and the layer's name alone.

        Where the config gives ``blobs``, their values are taken and no filler runs, as in Caffe.

        Args:
            seed: of the run.
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

    def generator(self, device: torch.device, what: str = "") -> torch.Generator:
        """A random generator for a source, from seed, batch, rank, layer and ``what`` alone."""
        rank = (self.clock.rank,) if self.clock.rank else ()
        seed = stable_seed(self.clock.seed, self.clock.batch, self.name, what, *rank)
        return torch.Generator(device).manual_seed(seed)

    def extra_repr(self) -> str:
        """The layer's name, for ``print(net)``."""
        return repr(self.name)


def _path_of(filler: FillerParameter, param: LayerParameter, messages: Sequence[str]) -> str:
    """Where in the layer's message a filler stands, dotted."""
    parts = ((name, part_of(param, name)) for name in messages)
    given = ((name, *one) for name, part in parts if part is not None for one in part.ListFields())
    return next((f"{name}.{field.name}" for name, field, value in given if value is filler), messages[0])
