"""Sharding: each of the processes that train a net holds its part of the rows of each param.

Torch's FSDP2 gathers the whole params of a layer before its passes, frees them after, and averages gradients
into the parts. A layer with many params is a group of its own; those of the others are gathered together. An
update rule, its history and the checks of a run see the parts, as tensors of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import torch
from torch import Tensor, nn

from layerzoo.blobs.named import NamedBlobs
from layerzoo.errors import ConfigError, Fault
from layerzoo.graph import Graph, GraphParam
from layerzoo.layer import Layer
from layerzoo.net import Net
from layerzoo.net.params import Place, held, hold
from layerzoo.ranks import Ranks, peer_errors
from layerzoo.schema import ParamSharding, ShardingParameter, SolverParameter

T = TypeVar("T")

_FLOAT: Final = 4
"""Bytes of a number."""


def is_sharded(param: SolverParameter, processes: int) -> bool:
    """Whether each process of a run holds parts of the params."""
    return processes > 1 and param.distributed_param.sharding == ParamSharding.FULL


def is_split(param: GraphParam) -> bool:
    """Whether a param has parts: not one without axes, nor statistics that its layer computes itself."""
    return param.own.learns and bool(param.own.shape)


def own_groups(graph: Graph, given: ShardingParameter) -> dict[int, int]:
    """The layers that are groups of their own, each with the numbers in its params, by index.

    A layer that shares a param with another is none.
    """
    sizes: Counter[int] = Counter()
    shared: set[int] = set()
    for param in graph.params:
        layers = {index for index, _ in param.users}
        if len(layers) > 1:
            shared |= layers
        elif is_split(param):
            sizes[layers.pop()] += param.count
    return {
        index: size for index, size in sizes.items() if index not in shared and size >= given.min_layer_size
    }


def gathered_bytes(graph: Graph, given: ShardingParameter) -> int:
    """Bytes of the whole params and gradients that are there at once, at most: two groups and the rest."""
    groups = own_groups(graph, given)
    largest = sum(sorted(groups.values())[-2:]) if given.reshard_after_forward else sum(groups.values())
    rest = sum(param.count for param in graph.params if is_split(param)) - sum(groups.values())
    return 2 * _FLOAT * (largest + rest)


class Shards:
    """The parts of a net's params that this process holds; the whole ones are there only in `run`.

    Args:
        net: the training net, with the same values in all processes; on the CPU, or on the device.
        test_nets: the test nets, which share its params.
        ranks: the processes.
        given: settings.
        device: where the net trains; the whole net is never on it.

    Attributes:
        params: this process's part of each param, in the order of ``net.learnable``; its values are in the
            memory that is gathered from. A param that has no parts is itself one of them.

    Raises:
        ConfigError: a layer can't be sharded.
    """

    def __init__(
        self,
        net: Net,
        test_nets: Sequence[Net],
        ranks: Ranks,
        given: ShardingParameter,
        device: torch.device | None = None,
    ) -> None:
        from torch.distributed.device_mesh import init_device_mesh  # slow to import
        from torch.distributed.fsdp import fully_shard

        _check(net, test_nets)
        self.net, self.ranks = net, ranks
        whole, device = net.learnable, device or net.device
        split = [index for index, param in enumerate(net.graph.params) if is_split(param)]
        _move_others([net, *test_nets], [whole[index] for index in split], device)
        self.mesh = init_device_mesh(device.type, (ranks.count,))
        kept = {param for index, param in enumerate(whole) if index not in set(split)}
        settings: Any = {"mesh": self.mesh, "ignored_params": kept}
        layers = net.ordered_layers()
        self._groups: dict[int, Any] = {}
        for index in own_groups(net.graph, given):
            fully_shard(layers[index], reshard_after_forward=given.reshard_after_forward, **settings)
            self._groups[index] = layers[index]
        self._around: Any = fully_shard(_Around(net.layers), **settings)
        self._split = {index: net.learnable[index] for index in split}
        self.params = [self._part(index, param) for index, param in enumerate(net.learnable)]
        places = {id(param): index for index, param in enumerate(whole)}
        for test_net in test_nets:
            self._share_with(test_net, places)

    @property
    def pairs(self) -> Iterator[tuple[nn.Parameter, Any]]:
        """Each part, with the param of torch's that it is of."""
        return ((self.params[index], param) for index, param in self._split.items())

    @property
    def others(self) -> list[nn.Parameter]:
        """The params that each process holds whole."""
        return [param for index, param in enumerate(self.params) if index not in self._split]

    def freeze(self) -> None:
        """Let params learn that are to learn, before the first pass: an update rule freezes the parts."""
        for part, param in self.pairs:
            param.requires_grad_(part.requires_grad)

    def run(self, call: Callable[[], T], differentiated: bool = False) -> T:
        """Call a function that runs the net or a test net; all processes call it together.

        Args:
            call: the function.
            differentiated: a backward pass follows, which frees the params that the forward pass leaves.

        Raises:
            PeerLostError: another process has ended.
        """
        with peer_errors(among_others=True):
            try:
                made: T = self._around(call)
            except BaseException:
                self._free()
                raise
            if not differentiated:
                self._free()
            return made

    def whole(self, blob: Tensor) -> Tensor:
        """The values of a param that has parts, in host memory of the main process; empty in the others."""
        with peer_errors(among_others=True):
            values: Tensor = blob.detach().full_tensor()  # type: ignore[attr-defined]  # of a DTensor
        return values.cpu() if self.ranks.is_main else values.new_empty(0)

    def gathered(self, weights: Mapping[str, Sequence[Tensor]]) -> dict[str, NamedBlobs[Tensor]]:
        """Weights whose params are `whole`; all processes call this together."""
        split, made, found = {id(param) for param in self._split.values()}, dict[int, Tensor](), {}
        for key, blobs in weights.items():
            named = blobs if isinstance(blobs, NamedBlobs) else NamedBlobs(blobs)
            for blob in blobs:
                if id(blob) in split and id(blob) not in made:
                    made[id(blob)] = self.whole(blob)
            taken = (made.get(id(blob), blob) for blob in blobs)
            found[key] = NamedBlobs(taken, named.names, named.layer, named.place)
        return found

    def as_distributed(self, part: Tensor, like: int) -> Any:
        """A part of something shaped as a param, as torch's tensor of all parts.

        Args:
            part: of this process.
            like: index of the param.
        """
        from torch.distributed.tensor import DTensor, Shard

        param = self._split[like]
        places = [Shard(0)]
        return DTensor.from_local(
            part, self.mesh, places, run_check=False, shape=param.shape, stride=param.stride()
        )

    def shape(self, index: int) -> tuple[int, ...]:
        """The shape of the whole param of an index."""
        return tuple(self._split.get(index, self.params[index]).shape)

    def is_split(self, index: int) -> bool:
        """Whether the param of an index has parts."""
        return index in self._split

    def join_norms(self, own: Tensor, tensors: Sequence[Tensor]) -> Tensor:
        """The norms of whole tensors from those of the parts; tensors without axes are whole already."""
        squares = own.double().square()
        if not self.ranks.is_main:
            squares[[index for index, tensor in enumerate(tensors) if not tensor.dim()]] = 0
        self.ranks.average([squares])
        return (squares * self.ranks.count).sqrt().to(own.dtype)

    def _part(self, index: int, param: nn.Parameter) -> nn.Parameter:
        if index not in self._split:
            return param
        local: Tensor = param.detach().to_local()  # type: ignore[attr-defined]  # of a DTensor
        return nn.Parameter(local, param.requires_grad)

    def _free(self) -> None:
        """Free whole params: values that an update changes later would be old ones."""
        for module in (self._around, *self._groups.values()):
            module.reshard()

    def _share_with(self, test_net: Net, places: Mapping[int, int]) -> None:
        """Let the layers of a test net use the params of the training net's while they run.

        Args:
            test_net: the net.
            places: the index of each param by the id of the one that the nets have shared.
        """
        found: dict[int, list[tuple[int, int]]] = {}
        for layer, index in list(test_net.param_places):
            number = places.get(id(test_net.param_places[layer, index]), -1)
            if number in self._split:
                test_net.param_places.put((layer, index), self._split[number])
                found.setdefault(layer, []).append((index, number))
        for index, pairs in found.items():
            layer_of = test_net.ordered_layers()[index]
            layer_of.register_forward_pre_hook(partial(self._lend, pairs), prepend=True)
            layer_of.register_forward_hook(partial(self._take_back, pairs), always_call=True)

    def _owner(self, number: int) -> Place:
        return self.net.graph.params[number].users[0]

    def _lend(self, pairs: Sequence[tuple[int, int]], layer: nn.Module, _: object) -> None:
        """Give a layer of a test net the whole params, gathered if its counterpart is a group of its own."""
        assert isinstance(layer, Layer)
        owners = dict.fromkeys(self._owner(number)[0] for _, number in pairs)
        # a tensor that is made in inference mode can't be used in training
        with torch.inference_mode(False), torch.no_grad():
            for owner in owners:
                if owner in self._groups:
                    self._groups[owner].unshard()
        for index, number in pairs:
            owner, place = self._owner(number)
            hold(layer, index, held(self.net.ordered_layers()[owner], place))

    def _take_back(self, pairs: Sequence[tuple[int, int]], layer: nn.Module, _: object, __: object) -> None:
        assert isinstance(layer, Layer)
        for index, number in pairs:
            hold(layer, index, self._split[number])
        for owner in dict.fromkeys(self._owner(number)[0] for _, number in pairs):
            if owner in self._groups:
                self._groups[owner].reshard()


class _Around(nn.Module):
    """The module around the layers of a net, through which all passes go."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, call: Callable[[], T]) -> T:
        """Call a function that runs layers."""
        return call()


def _check(net: Net, test_nets: Sequence[Net]) -> None:
    """Raise for layers that can't be sharded, or that only one process may run."""
    faults = []
    for each in (net, *test_nets):
        for spec, layer in zip(each.graph.layers, each.ordered_layers(), strict=True):
            message = _obstacle(layer, each is not net)
            if message is not None:
                hint = "remove sharding from distributed_param"
                faults.append(Fault(f"sharding: {message}", spec.origin(), hint, spec.name))
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)))


def _obstacle(layer: Layer, tests: bool) -> str | None:
    """Why a net with a layer can't be sharded; None if it can."""
    if layer.views:
        return "params that layers share in different shapes can't be split by rows"
    if layer.own_params and (layer.on_host or layer.has_effects):
        return f"{layer.type_name} runs code of the user's on its params, which are there as parts only"
    if tests and (layer.has_effects or layer.on_host):
        return (
            f"{layer.type_name} in a test net writes files or runs code of the user's, which one process "
            "does; all have to run a sharded net"
        )
    return None


def _move_others(nets: Sequence[Net], params: Sequence[nn.Parameter], device: torch.device) -> None:
    """Move nets to a device without some params, which are moved as they are split."""
    if all(net.device == device for net in nets):
        return
    values = [param.data for param in params]
    for param in params:
        param.data = param.data.new_empty(0)
    for net in nets:
        net.to(device)
    for param, value in zip(params, values, strict=True):
        param.data = value
