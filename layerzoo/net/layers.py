"""A net's layers as modules, which can be replaced one by one."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from layerzoo.contract import watch_first_pass
from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.graph import Graph, GraphLayer
from layerzoo.graph.here import at
from layerzoo.layer import LAYERS, Layer, Shape
from layerzoo.memory.needs import check_memory, params_needs
from layerzoo.net.class_weights import settle_class_weights
from layerzoo.user_code import by_user


class Layers(nn.ModuleDict):
    """The layers of a net by name; ``net.layers["ip"] = module`` replaces one.

    Args:
        modules: the layers, in the graph's order.

    Attributes:
        locked: why layers can't be replaced; empty if they can.
    """

    def __init__(self, modules: dict[str, Layer]) -> None:
        super().__init__(modules)
        self.locked = ""
        self.__dict__["_changed"] = None

    def bind(self, changed: Callable[[str, nn.Module], None]) -> None:
        """Set the method of the net that checks and makes each replacement: ``changed(name, module)``."""
        self.__dict__["_changed"] = weakref.WeakMethod(changed)

    def add_module(self, name: str, module: nn.Module | None) -> None:
        """Replace a layer by a module.

        Raises:
            UsageError: the layer does not exist, or can't be replaced.
        """
        changed = self.__dict__.get("_changed")
        if changed is None:  # under construction
            super().add_module(name, module)
            return
        if name not in self._modules:
            hint = did_you_mean(nearest(name, self._modules)) or "layers are added in the config"
            raise UsageError(f"the net has no layer '{name}' to replace; {hint}")
        if not isinstance(module, nn.Module):
            raise UsageError(f"layer '{name}' can only be replaced by a torch.nn.Module; got {module!r}")
        if self.locked:
            raise UsageError(f"layer '{name}' can't be replaced: {self.locked}")
        changed()(name, module)

    def standing(self) -> list[nn.Module]:
        """The modules, in the graph's order."""
        return [*self._modules.values()]

    def put(self, name: str, module: nn.Module) -> None:
        """Replace a layer without notifying the net."""
        self._modules[name] = module

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, nn.Module) or name in self.__dict__.get("_modules", ()):
            self.add_module(name, value)
        else:
            super().__setattr__(name, value)

    def __delitem__(self, name: str) -> None:
        self._refuse_removal(name)

    def __delattr__(self, name: str) -> None:
        if name in self._modules:
            self._refuse_removal(name)
        super().__delattr__(name)

    def pop(self, key: str) -> NoReturn:
        """Raise: layers can't be removed."""
        self._refuse_removal(key)

    def clear(self) -> NoReturn:
        """Raise: layers can't be removed."""
        self._refuse_removal(next(iter(self._modules), ""))

    def __getstate__(self) -> dict[str, Any]:
        """The state of a copy, which belongs to another net: unbound and unlocked."""
        return self.__dict__ | {"_changed": None, "locked": ""}

    def _refuse_removal(self, name: str) -> NoReturn:
        raise UsageError(
            f"layer '{name}' can't be removed from a net; to leave it out, write a config without it, "
            f"or put torch.nn.Identity() in its place"
        )


class ModuleLayer(Layer):
    """Wraps any module that replaces a layer: it takes the layer's bottoms and returns its tops.

    After the bottoms it takes the blobs that stand for params of the layer, if any do (``param { blob }``).

    Args:
        module: the module in ``net.layers``.
        spec: the layer that it replaces.
    """

    makes_params = True

    def __init__(self, module: nn.Module, spec: GraphLayer) -> None:
        super().__init__(spec.param)
        self.name = spec.name
        self.module = module
        self.tops_wanted = len(spec.tops)

    @property
    def inner(self) -> nn.Module:
        """The module whose params and buffers are the layer's."""
        return self.module

    def forward(self, *bottoms: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Run the module; returns the tops.

        Raises:
            UsageError: the module does not return one tensor for each top.
        """
        made = self.module(*bottoms)
        tops = tuple(made) if isinstance(made, tuple | list) else (made,)
        if len(tops) != self.tops_wanted or not all(isinstance(top, Tensor) for top in tops):
            got = ", ".join("a tensor" if isinstance(t, Tensor) else type(t).__name__ for t in tops)
            raise UsageError(
                f"layer '{self.name}' has {self.tops_wanted} tops; the {type(self.module).__name__} "
                f"in its place returned {got or 'nothing'}"
            )
        return tops


def build_layers(graph: Graph, seed: int, device: torch.device, trained: Graph | None = None) -> list[Layer]:
    """Build the layers of a net on a device.

    Args:
        graph: the net's graph.
        seed: seed of layers that create params at random.
        device: the device.
        trained: the graph of the net by whose params these will be replaced.

    Raises:
        ConfigError: a loss takes weights of classes from labels that there aren't.
        OutOfMemoryError: the params need more memory than the device has.
    """
    if device.type != "meta":
        settle_class_weights(graph, trained)
    if trained is None:
        check_memory(params_needs(graph), device)
    with device:
        return [build_layer(spec, graph, seed) for spec in graph.layers]


def build_layer(spec: GraphLayer, graph: Graph, seed: int) -> Layer:
    """Build a layer of a net from its config."""
    with at(spec.node):  # layers of subnets know their positions, too
        layer = LAYERS[spec.param.type].build(spec.param, graph.shapes(spec.own_bottoms), seed, spec.name)
    watch_first_pass(layer, spec.param.top, _top_shapes(spec, graph), spec.in_place)
    return layer


@torch.no_grad()
def restore_constants(graph: Graph, layers: Sequence[Layer], seed: int) -> None:
    """Compute the buffers that no file holds (anchors, sizes of priors, states) as in a new layer.

    Modules that replaced a layer are left as they are.
    """
    for spec, layer in zip(graph.layers, layers, strict=True):
        if isinstance(layer, ModuleLayer):
            continue
        stored = layer.state_dict().keys()
        lost = {name: buffer for name, buffer in layer.named_buffers() if name not in stored}
        if not lost or any(buffer.is_meta for buffer in lost.values()):
            continue
        with torch.device("cpu"):
            fresh = dict(build_layer(spec, graph, seed).named_buffers())
        for name, buffer in lost.items():
            buffer.copy_(fresh[name])


def _top_shapes(spec: GraphLayer, graph: Graph) -> Callable[[list[Shape]], Sequence[Shape] | None]:
    """A function from shapes of bottoms to shapes of tops, or to None if only a pass can tell them."""

    def shapes(bottoms: list[Shape]) -> Sequence[Shape] | None:
        if LAYERS[spec.kind.type_name].shapes_by_value:
            return None
        if bottoms == graph.shapes(spec.own_bottoms):
            return graph.shapes(spec.tops)
        return spec.kind.top_shapes(spec.param, bottoms) if by_user(spec.kind) else None

    return shapes


def as_layers(graph: Graph, modules: Iterable[nn.Module], known: Sequence[Layer] = ()) -> list[Layer]:
    """The modules of a net as layers; modules of other classes are wrapped in a `ModuleLayer`.

    Args:
        graph: the net's graph.
        modules: the values of ``net.layers``, in the graph's order.
        known: results of an earlier call, whose wrappers are used again.
    """
    wrapped = {id(layer.module): layer for layer in known if isinstance(layer, ModuleLayer)}
    found = []
    for spec, module in zip(graph.layers, modules, strict=True):
        if isinstance(module, Layer):
            module.name = spec.name
            found.append(module)
        else:
            found.append(wrapped.get(id(module)) or ModuleLayer(module, spec))
    return found
