"""Parts of a run's state: random numbers, buffers of the nets, averaged params."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from layerzoo.blobs.named import NamedBlobs, blob_name, by_id, find_layer, id_of, names_of
from layerzoo.errors import SnapshotError
from layerzoo.functional.random import SCHEME
from layerzoo.functional.recurrent_extent import CarriedState
from layerzoo.net import Net
from layerzoo.optimizer import AnyRule, EvaluatedWeights
from layerzoo.ranks import Ranks
from layerzoo.solver.snapshots.run_weights import run_weights
from layerzoo.state_fields import COUNT, SEED, Fields

log = logging.getLogger("layerzoo")


class Part(Protocol):
    """A part of a run's state that a snapshot keeps.

    Attributes:
        fields: what `load_state_dict` reads; checked before any part is changed.
    """

    @property
    def fields(self) -> Fields:
        """The fields of the state that are not tensors."""

    def state_dict(self) -> Mapping[str, Any]:
        """The state to keep: JSON values and tensors. Every process has to call it."""

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Restore the state from `state_dict`."""


class RandomNumbers:
    """The seed that determines all random numbers of a run.

    Args:
        seed: the seed.
        nets: all nets of the run.
        rule: its update rule.
    """

    fields: ClassVar[Fields] = {"seed": SEED, "scheme": COUNT}

    def __init__(self, seed: int, nets: Sequence[Net], rule: AnyRule) -> None:
        self._nets = nets
        self._rule = rule
        self.seed = seed

    @property
    def seed(self) -> int:
        """The seed; a new one is passed on to nets and rule."""
        return self._seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._seed = self._rule.seed = seed
        for net in self._nets:
            net.clock.seed = seed

    def state_dict(self) -> dict[str, Any]:
        """The seed, and the scheme that derives random numbers from it."""
        return {"seed": self.seed, "scheme": self._scheme}

    @property
    def _scheme(self) -> int:
        """The scheme; of nets whose samples lie behind the steps of sequences it was another one before."""
        return SCHEME + any(net.clock.steps_first for net in self._nets)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the seed; warn if layers now derive other random numbers from it."""
        self.seed = state["seed"]
        drawing = [layer for net in self._nets for layer in net.ordered_layers() if layer.may_draw]
        if state["scheme"] != self._scheme and drawing:
            log.warning(
                "The snapshot is from an older version of Layerzoo, which drew other random numbers: "
                "from layer '%s' on, the run will differ from the original one",
                drawing[0].name,
            )


class Buffers:
    """Tensors that layers carry from pass to pass, and params that only a test net has.

    Args:
        net: the training net.
        test_nets: the test nets, which share its params.
        ranks: the processes that train together. Each has its own buffers, and all are kept; of statistics
            that are params (BatchNorm's), only those of the main process are kept, as in Caffe.
    """

    fields: ClassVar[Fields] = {}

    def __init__(self, net: Net, test_nets: Sequence[Net], ranks: Ranks) -> None:
        self._net = net
        self._test_nets = test_nets
        self._ranks = ranks

    def state_dict(self) -> dict[str, Tensor]:
        """The tensors by ``train.NAME`` and ``testN.NAME``; ``rankN.train.NAME`` in other processes."""
        return self._own() | self._of_others()

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copy the tensors into those of the same name and shape."""
        own, prefix = self._own(), f"rank{self._ranks.rank}."
        mine = {name.removeprefix(prefix): t for name, t in state.items() if name.startswith(prefix)}
        with torch.no_grad():
            for name, tensor in {**state, **mine}.items():
                if name in own and isinstance(tensor, Tensor) and own[name].shape == tensor.shape:
                    own[name].copy_(tensor)
        self._begin_anew(1 + max((_rank_of(name) for name in state), default=0))

    def _begin_anew(self, processes: int) -> None:
        """Begin the streams of processes other than the first anew, if their number has changed."""
        carried = [module for module in self._net.modules() if isinstance(module, CarriedState)]
        if not carried or processes == self._ranks.count:
            return
        log.warning(
            "%d recurrent layers carry states from pass to pass; in processes other than the first they "
            "begin with 0, since there were %d processes before",
            len(carried),
            processes,
        )
        for module in carried if not self._ranks.is_main else ():
            module.reset()

    def _own(self) -> dict[str, Tensor]:
        nets = {"train": self._net, **{f"test{i}": net for i, net in enumerate(self._test_nets)}}
        found = {f"{which}.{name}": blob for which, net in nets.items() for name, blob in net.named_buffers()}
        shared = {param.data_ptr() for param in self._net.parameters()}
        for which, net in nets.items():
            for name, param in net.named_parameters():
                if param.data_ptr() not in shared:
                    found[f"{which}.{name}"] = param.detach()
        return found

    def _of_others(self) -> dict[str, Tensor]:
        if self._ranks.count == 1 or not any(True for _ in self._net.buffers()):
            return {}
        own = {f"train.{name}": tensor.cpu() for name, tensor in self._net.named_buffers()}
        others = enumerate(self._ranks.gather(own)[1:], 1)
        return {f"rank{rank}.{name}": tensor for rank, state in others for name, tensor in state.items()}


def _rank_of(name: str) -> int:
    """The process that a buffer of a snapshot belongs to."""
    found = re.match(r"rank(\d+)\.train\.", name)
    return int(found[1]) if found else 0


def means_by_layer(
    average: EvaluatedWeights | None, net: Net, test_nets: Sequence[Net] = ()
) -> dict[str, NamedBlobs[Tensor]]:
    """Averaged params by layer name, in the layers' shapes; empty without an average."""
    if average is None:
        return {}
    pairs = zip(net.learnable, average.means, strict=True)
    mean_of = {param.data_ptr(): mean for param, mean in pairs}
    return {
        name: NamedBlobs((_mean(blob, mean_of) for blob in blobs), blobs.names, blobs.layer)
        for name, blobs in run_weights(net, test_nets).items()
    }


def stored_means(average: EvaluatedWeights, net: Net, means: Mapping[str, Sequence[Tensor]]) -> list[Tensor]:
    """The averaged params of a snapshot in the order of the net's, checked; empty if it has none.

    Raises:
        SnapshotError: they belong to another net.
    """
    if not means:
        return []
    found = []
    layers = by_id(
        {key: NamedBlobs(blobs, names_of(blobs), id_of(key, blobs)) for key, blobs in means.items()}
    )
    for param in net.graph.params:
        layer_id, index = net.param_places.stored_place(param.users[0])
        name = net.graph.layers[param.users[0][0]].name
        blobs = find_layer(layers, layer_id, name)
        if not blobs:
            raise SnapshotError(f"the snapshot's means lack layer '{name}'")
        mean = blobs.find(index, blob_name(index, param.own.name if param.own.made else None))
        if mean is None:
            raise SnapshotError(f"the snapshot's means lack param {param.own.name} of layer '{name}'")
        found.append(mean)
    average.check(found)
    return found


def load_means(average: EvaluatedWeights, net: Net, means: Mapping[str, Sequence[Tensor]]) -> None:
    """Load averaged params from a snapshot; if it has none, start from the current params.

    Raises:
        SnapshotError: they belong to another net.
    """
    if stored := stored_means(average, net, means):
        average.load(stored)
    else:
        average.restart()


def _mean(blob: Tensor, mean_of: Mapping[int, Tensor]) -> Tensor:
    """The mean of a param; a buffer itself, since buffers are not averaged."""
    mean = mean_of.get(blob.data_ptr())
    return blob if mean is None or mean.numel() != blob.numel() else mean.view(blob.shape)
