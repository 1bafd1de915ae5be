"""How a run executes its nets: the layout in memory, and layers as one operation. A snapshot keeps it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch

from layerzoo.engine import Engine
from layerzoo.engine.capture.launches import Launches
from layerzoo.engine.capture.recorder import CUDARecorder, Recorder
from layerzoo.engine.sharded_gradients import ShardedGradients
from layerzoo.net import Net, Plan
from layerzoo.net.rewriting.choices import choose_layout, filter_params, lay_out_params
from layerzoo.net.rewriting.single_step import ENGINES, single_step
from layerzoo.net.rewriting.training import training_plan
from layerzoo.optimizer import AnyRule, EvaluatedWeights
from layerzoo.schema import EngineParameter, SolverParameter
from layerzoo.state_fields import FLAG, Field, Fields, if_present

log = logging.getLogger("layerzoo")


class Execution:
    """The layout and the plans of the nets of a run.

    It is chosen by the config, the net and the device; a resumed run has that of its snapshot, unless its own
    config names another.

    Args:
        param: the solver's config.
        net: the training net.
        test_nets: the test nets, which share its params.
        rule: its update rule.
        average: averaged params, if any.
        runner: what makes the iterations.

    Attributes:
        channels_last: the layout of images and filters.
        fuse: layers that follow each other run as one operation.
        engine: how iterations run, one of `ENGINES`.
    """

    fields: ClassVar[Fields] = {
        "channels_last": FLAG,
        "fuse": FLAG,
        "engine": if_present(Field("EAGER, COMPILE or GRAPH", lambda value: value in ENGINES)),
    }

    def __init__(
        self,
        param: SolverParameter,
        net: Net,
        test_nets: Sequence[Net],
        rule: AnyRule,
        average: EvaluatedWeights | None,
        runner: Engine,
    ) -> None:
        given = param.engine_param if param.HasField("engine_param") else net.graph.engine
        for each in test_nets:
            each.graph.engine = given
        self._given, self._net, self._rule, self._average = given, net, rule, average
        self._runner, self._window = runner, param.average_loss
        self._syncs = param.distributed_param.sync_batch_norm
        self._plain = Plan(net.graph, net.ordered_layers(), net.outputs_only.kept)
        self._is_sharded = isinstance(runner.sync, ShardedGradients)
        wanted = EngineParameter.NCHW if rule.full_batch or self._is_sharded else given.layout
        layout = choose_layout(net.ordered_layers(), net.device, wanted)
        self.channels_last, self.fuse = layout.channels_last, given.fuse
        asked = EngineParameter.Engine.Name(given.engine)
        self.engine = asked if asked in ENGINES else "EAGER"
        name = "channels-last" if self.channels_last else "NCHW"
        log.debug("Layout: %s, as %s", name, layout.reason)
        self._lay_out(to_channels_last=self.channels_last)
        self._plan()

    def state_dict(self) -> dict[str, Any]:
        """The layout, whether layers are fused, and the engine."""
        return {"channels_last": self.channels_last, "fuse": self.fuse, "engine": self.engine}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Run as the snapshot did, unless the config says otherwise; a difference is logged."""
        last, fuse, engine = state["channels_last"], state["fuse"], state.get("engine", "EAGER")
        if (last, fuse, engine) == (self.channels_last, self.fuse, self.engine):
            return
        if self._given.layout != EngineParameter.AUTO and last != self.channels_last:
            log.warning(
                "The snapshot was taken with layout %s, engine_param says %s: results differ by rounding",
                *("CHANNELS_LAST" if each else "NCHW" for each in (last, self.channels_last)),
            )
            last = self.channels_last
        if self._given.HasField("fuse") and fuse != self.fuse:
            log.warning(
                "The snapshot was taken with fuse: %s, engine_param says %s: results differ by rounding",
                *(str(each).lower() for each in (fuse, self.fuse)),
            )
            fuse = self.fuse
        if self._given.engine != EngineParameter.DEFAULT and engine != self.engine:
            log.warning(
                "The snapshot was taken with engine %s, engine_param says %s: results differ by rounding",
                *(engine, self.engine),
            )
            engine = self.engine
        if self._is_sharded:
            last = False
        if last != self.channels_last:
            self._lay_out(to_channels_last=last)
        self.channels_last, self.fuse, self.engine = last, fuse, engine
        self._plan()

    @torch.no_grad()
    def _lay_out(self, *, to_channels_last: bool) -> None:
        if self._is_sharded:
            return  # parts are of rows
        moving = set(map(id, filter_params(self._net.ordered_layers())))
        owned = list(zip(self._rule.owners, self._rule.history, strict=False))
        if self._average is not None:
            owned += zip(self._net.learnable, self._average.means, strict=True)
        beside = [tensor for param, tensor in owned if id(param) in moving]
        lay_out_params(self._net.ordered_layers(), to_channels_last, beside)
        if self._average is not None:
            self._average.params = [param.detach() for param in self._net.learnable]

    def _plan(self) -> None:
        plan = training_plan(self._plain, self.fuse, self.channels_last)
        merged = len(self._plain.steps) - len(plan.steps)
        if self._runner.updates is not None and self.engine != "EAGER":
            log.warning("engine: %s: several updates take turns; the net runs layer by layer", self.engine)
            self.engine = "EAGER"
        if self.engine == "COMPILE" and self._net.clock.ranks > 1 and self._syncs:
            log.warning("engine: COMPILE: sync_batch_norm talks to other processes; the net runs eagerly")
            self.engine = "EAGER"
        if self.engine == "COMPILE":
            plan = single_step(self._net.graph, self._net.clock, self._plain, plan, self.channels_last)
        self._net.outputs_only = plan
        if self._runner.updates is not None:
            self._runner.updates.arrange(self.fuse, self.channels_last)
        self._runner.launches = self._launches() if self.engine == "GRAPH" else None
        log.debug("Fusion: %s; %d layers are part of another operation", "on" if self.fuse else "off", merged)

    def _launches(self) -> Launches | None:
        """What replays iterations; None, after a warning, without a GPU that does so."""
        recorder = recorder_of(self._net.device)
        if recorder is None:
            log.warning("engine: GRAPH: CUDA graphs need a GPU of NVIDIA; the net runs layer by layer")
            return None
        return Launches(self._runner, recorder, self._window)


def recorder_of(device: torch.device) -> Recorder | None:
    """What records on a device; None if nothing does."""
    return CUDARecorder(device) if device.type == "cuda" and torch.version.cuda is not None else None
