"""The plan of a pass at deployment: without gradients, by params that stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import is_not
from typing import Any, Protocol

import torch

from layerzoo.functional.transforms import plain_only
from layerzoo.graph import Graph
from layerzoo.layer import Activation, Layer, RunningSums
from layerzoo.net.rewriting.chains import Chains, is_plain, states
from layerzoo.net.rewriting.checked_params import CheckedParams
from layerzoo.net.rewriting.folding import Folded, FoldedConvolution, FoldedMap, check_held
from layerzoo.net.rewriting.in_place import overwrite
from layerzoo.net.rewriting.joins import join
from layerzoo.net.rewriting.layout import lay_out
from layerzoo.net.rewriting.watched import WatchedLayers, WatchedParams
from layerzoo.plan import Plan, Step
from layerzoo.schema import EngineParameter


class Deployment(Plan):
    """A plan that keeps few blobs, with a faster one beside it for passes without gradients.

    In the faster one, affine maps, activations and sums are folded into convolutions, in channels-last. The
    params are left as they are; filters are folded and packed at the first pass, and again when the params
    have changed, in whatever way, or the size of the bottom has.

    Args:
        graph: the net's graph; its ``engine`` says what may be done.
        layers: its layers.
        keep: blob versions to keep; None keeps all, and so folds nothing.

    Attributes:
        faster: the faster plan, once it has been built.
        by_version: params change only by operations of torch on themselves (`CheckedParams.by_version`).
        frees: the faster plan alone runs, and frees params that it has packed.
    """

    def __init__(self, graph: Graph, layers: list[Layer], keep: Iterable[int] | None) -> None:
        super().__init__(graph, layers, keep)
        self._engine = graph.engine
        self._watched = WatchedLayers(step.layer for step in self.steps)
        self._not_plain: list[int] = []
        self.faster: _Fast | None = None
        self.by_version = self.frees = False

    def __getstate__(self) -> dict[str, Any]:
        """The state of a copy, which folds its params anew: packed filters can't be copied."""
        return self.__dict__ | {"faster": None}

    def ready(self) -> Plan:
        """The faster plan; the plain one where gradients are recorded, a layer is in training mode, torch
        compiles, or autocast is on.

        Raises:
            UsageError: the plain one has to run, and its params were freed.
        """
        plan = self._ready()
        if plan is self and self.faster is not None:
            self.faster.check_held()
        return plan

    def _ready(self) -> Plan:
        if torch.compiler.is_compiling() or torch.is_grad_enabled() or not self._engine.fuse or plain_only():
            return self
        if torch.is_autocast_enabled("cpu") or torch.is_autocast_enabled("cuda"):
            return self
        not_plain = self._watched.look()
        if not_plain is None:
            return self
        if self.faster is None or not_plain != self._not_plain:
            if self.faster is not None:
                self.faster.check_held()
            self._not_plain, self.faster = not_plain, _Fast(self, self._engine.layout)
        if self.frees:
            self.faster.free_params(self)
        return self.faster if self.faster.follow(self.by_version) else self


def release_folded(net: HasOutputs) -> None:
    """Free the folded copies of a net's params; a later pass folds them anew."""
    if isinstance(net.outputs_only, Deployment) and net.outputs_only.faster is not None:
        for folded in net.outputs_only.faster.folded:
            folded.refold()


def trust_versions(net: HasOutputs) -> None:
    """Promise that a net's params change only by torch's operations on them, not through ``.data`` or numpy.

    Passes without gradients then don't compare the params' values with those they have folded.
    """
    if isinstance(net.outputs_only, Deployment):
        net.outputs_only.by_version = True


def free_folded_params(net: HasOutputs) -> None:
    """Promise that a net only runs passes without gradients for its outputs; nothing else uses its params.

    The first pass then frees each param of filters that it has packed for their convolution, so that the
    weight is held once: the param has no elements any more. For bottoms of another size the filters are
    unpacked and packed again. Params that several layers hold are kept.
    """
    trust_versions(net)
    if isinstance(net.outputs_only, Deployment):
        net.outputs_only.frees = True


class HasOutputs(Protocol):
    """The interface of a net that functions of this module use."""

    outputs_only: Plan


class _Fast(Plan):
    """The faster plan of a `Deployment`."""

    def __init__(self, plain: Plan, layout: int) -> None:
        last = layout != EngineParameter.NCHW and plain.kept is not None
        steps, sums = _folded(plain, last), RunningSums()
        steps, _ = join(plain, steps, sums)
        calls = [(step.call, step.tops) for step in steps]
        self.folded: list[Folded] = [call for call, _ in calls if isinstance(call, Folded)]
        self._convolutions = [folded for folded in self.folded if isinstance(folded, FoldedConvolution)]
        steps = overwrite(
            plain, steps, {top for call, tops in calls if isinstance(call, Folded) for top in tops}
        )
        steps = lay_out(plain, steps) if last else steps
        self.kept, self.finish = plain.kept, sums.apply
        self.steps = self.freeing([_without_hooks(step) for step in steps])
        self._watched = WatchedParams([layer for each in self.folded for layer in each.layers])
        self._params = self._watched.now()
        self._checked = CheckedParams(self._params)
        self._frees = False

    def free_params(self, plain: Plan) -> None:
        """Free params of filters once they are folded, except those that several layers hold."""
        if self._frees:
            return
        self._frees = True
        layers = {id(step.layer): step.layer for step in plain.steps}.values()
        holders = Counter(id(param) for layer in layers for param in layer.parameters())
        for folded in self._convolutions:
            filters = folded.layers[0].filters()
            folded.frees = filters is not None and holders[id(filters.weight)] == 1

    def check_held(self) -> None:
        """Check that no param was freed.

        Raises:
            UsageError: one was.
        """
        for folded in self._convolutions:
            if folded.freed:
                check_held(next(folded.layers[0].parameters()))

    def follow(self, by_version: bool) -> bool:
        """Fold the params anew if they have changed; False if they are of another type than FP32."""
        if self._frees and any(folded.freed for folded in self._convolutions):
            return True
        params = self._watched.now()
        if len(params) != len(self._params) or any(map(is_not, params, self._params)):
            self._params, self._checked = params, CheckedParams(params)
        if not params or (by_version and self._checked.in_place()):
            return True
        if any(param.dtype != torch.float32 or param.is_meta for param in params):
            self._checked = CheckedParams(params)  # they may be of another type when they are FP32 again
            return False
        self._checked.by_version = by_version
        if self._checked.changed():
            for folded in self.folded:
                folded.refold()
        return True


def _without_hooks(step: Step) -> Step:
    """A step that calls a plain layer's own pass: this saves torch's search for hooks."""
    return (
        step._replace(call=step.layer.forward) if step.call is step.layer and is_plain(step.layer) else step
    )


def _folded(plain: Plan, last: bool) -> list[Step]:
    """The steps with each convolution, or map, and what follows it as one."""
    steps: list[Step | None] = list(plain.steps)
    chains = Chains(plain, plain.steps)
    for place, step in enumerate(plain.steps):
        if steps[place] is None:
            continue
        after = chains.following(place, most=8)
        maps = _maps([plain.steps[i].layer for i in after])
        if states(step.layer, "filters") and step.layer.filters() is not None:
            head: list[Layer] = [step.layer]
        elif _is_map(step.layer):
            head = [step.layer]
        else:
            continue
        layers = head + [plain.steps[i].layer for i in after[:maps]]
        used = after[:maps]
        activation = _activation(plain.steps[after[maps]].layer) if len(after) > maps else None
        if activation is not None:
            used = after[: maps + 1]
        call: Folded
        if states(step.layer, "filters"):
            call = FoldedConvolution(layers, activation, last)
        elif len(layers) > 1 or activation is not None:
            call = FoldedMap(layers, activation)
        else:
            continue
        for i in used:
            steps[i] = None
        tops = plain.steps[used[-1]].tops if used else step.tops
        steps[place] = step._replace(tops=tops, call=call, cut=())
    return _with_sums(plain, [step for step in steps if step is not None])


def _with_sums(plain: Plan, steps: list[Step]) -> list[Step]:
    """The steps with each sum of two blobs, and what follows it, as part of the convolution that made one."""
    chains = Chains(plain, steps)
    made = {top: place for place, step in enumerate(steps) for top in step.tops}
    found: list[Step | None] = list(steps)
    for place, step in enumerate(steps):
        layer = step.layer
        if step.call is not layer or len(step.bottoms) != 2 or not (states(layer, "is_sum") and layer.is_sum):
            continue
        last, first = sorted(step.bottoms, key=lambda b: made.get(b, -1), reverse=True)
        maker = made.get(last, -1)
        before = found[maker] if maker >= 0 else None
        if last == first or before is None or chains.next(maker) != place:
            continue
        call = before.call
        if not isinstance(call, FoldedConvolution) or call.activation is not None or len(before.bottoms) != 1:
            continue
        after = chains.following(place, most=1)
        activation = _activation(steps[after[0]].layer) if after and found[after[0]] is not None else None
        ends = activation is not None
        overwrites = _may_overwrite(plain, chains, made, first, maker, place)
        tops = steps[after[0]].tops if ends else step.tops
        summed = FoldedConvolution(call.layers, activation, call.last, overwrites)
        found[maker] = before._replace(bottoms=(before.bottoms[0], first), tops=tops, call=summed)
        found[place] = None
        if ends:
            found[after[0]] = None
        made |= dict.fromkeys(tops, maker)
    return [step for step in found if step is not None]


def _may_overwrite(plain: Plan, chains: Chains, made: dict[int, int], blob: int, at: int, place: int) -> bool:
    """Whether an operation may overwrite a blob: made by a convolution, and used by nothing later."""
    maker = made.get(blob)
    if maker is None or plain.kept is None or blob in plain.kept:
        return False
    others = [user for user in chains.users[blob] if user != place]
    return isinstance(chains.steps[maker].call, FoldedConvolution) and all(user < at for user in others)


def _maps(layers: Sequence[Layer]) -> int:
    """The number of layers at the beginning that are affine maps of channels."""
    for count, layer in enumerate(layers):
        if not _is_map(layer):
            return count
    return len(layers)


def _is_map(layer: Layer) -> bool:
    return states(layer, "channel_map") and layer.channel_map() is not None


def _activation(layer: Layer) -> Activation | None:
    return layer.activation() if states(layer, "activation") and is_plain(layer) else None
