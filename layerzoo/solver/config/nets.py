"""The nets that a solver names, and the states they run in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from layerzoo.errors import ConfigError, Fault, ZooError
from layerzoo.loader import MAX_NETS, Document, load_net
from layerzoo.schema import TEST, TRAIN, NetParameter, NetState, Phase, SolverParameter
from layerzoo.zoo import in_zoo, weights_path

LoadedNet = NetParameter | Document[NetParameter]


@dataclass(frozen=True)
class NetPlan:
    """One net to build: its source, its state, and the number of batches of a test.

    Attributes:
        source: its document or message.
        state: phase, level, stages.
        iterations: batches of one test; None tests the whole set.
    """

    source: LoadedNet
    state: NetState
    iterations: int | None = None


@dataclass(frozen=True)
class NamedNets:
    """The loaded nets of a solver, by the kind of field that names them.

    Attributes:
        generic: of ``net`` or ``net_param``, for training and testing.
        train: of ``train_net`` or ``train_net_param``.
        test: of ``test_net_param`` and ``test_net``, in that order.
    """

    generic: Sequence[LoadedNet]
    train: Sequence[LoadedNet]
    test: Sequence[LoadedNet]


def named_nets(solver: SolverParameter | Document[SolverParameter]) -> NamedNets:
    """The nets that a solver names.

    Raises:
        ConfigError: a net's file is missing or has faults.
    """
    if isinstance(solver, Document):
        found: dict[str, Sequence[LoadedNet]] = dict(solver.nets)
    else:
        files = {"net": [solver.net], "train_net": [solver.train_net], "test_net": solver.test_net}
        found = {key: [load_net(path) for path in paths if path] for key, paths in files.items()}
        found["net_param"] = [solver.net_param] if solver.HasField("net_param") else []
        found["train_net_param"] = [solver.train_net_param] if solver.HasField("train_net_param") else []
        found["test_net_param"] = list(solver.test_net_param)

    def nets(*keys: str) -> list[LoadedNet]:
        return [net for key in keys for net in found.get(key, ())]

    return NamedNets(
        nets("net_param", "net"), nets("train_net_param", "train_net"), nets("test_net_param", "test_net")
    )


def train_plan(param: SolverParameter, nets: NamedNets, state: NetState) -> NetPlan:
    """The training net. Source: Caffe's ``Solver::InitTrainNet``.

    Args:
        state: level and stages of the command line.

    Raises:
        ConfigError: the solver names no training net, or more than one.
    """
    sources = [*nets.generic, *nets.train]
    if len(sources) != 1:
        named = "names no net to train" if not sources else f"names {len(sources)} nets to train"
        raise ConfigError(f"the solver {named}: give one of net, train_net, net_param, train_net_param")
    merged = _state(TRAIN, sources[0])
    merged.MergeFrom(param.train_state)
    merged.level = state.level or merged.level
    merged.stage.extend(state.stage)
    merged.phase = TRAIN
    return NetPlan(sources[0], merged)


def stage_plans(param: SolverParameter, nets: NamedNets, state: NetState) -> list[NetPlan]:
    """The training net in the stages of each update that has some, in the order of the updates.

    Args:
        state: level and stages of the command line.

    Raises:
        ConfigError: as of `train_plan`.
    """
    plans = []
    for update in param.update:
        if update.stage:
            plan = train_plan(param, nets, state)
            plan.state.stage.extend(update.stage)
            plans.append(plan)
    return plans


def test_plans(param: SolverParameter, nets: NamedNets) -> list[NetPlan]:
    """The test nets. Source: Caffe's ``Solver::InitTestNets``.

    Without ``test_iter`` each tests its whole set; then ``net``, where it is the only one, is tested once for
    each ``test_state``, or once.

    Raises:
        ConfigError: the numbers of test nets, ``test_iter`` and ``test_state`` don't match.
    """
    counts: list[int | None] = list(param.test_iter)
    if not counts and (param.test_interval > 0 or nets.test):
        counts = [None] * (len(nets.test) or (len(param.test_state) or 1) * len(nets.generic))
    if len(counts) > MAX_NETS:
        message = f"{len(counts):,} test nets; a solver has at most {MAX_NETS}"
        raise ConfigError(Fault(message, field=f"test_iter[{MAX_NETS}]"))
    generic = len(counts) - len(nets.test)
    if generic < 0 or (generic and not nets.generic):
        raise ConfigError(f"{len(counts)} test_iter for {len(nets.test)} test nets: give one for each")
    if param.test_state and len(param.test_state) != len(counts):
        raise ConfigError(
            f"{len(param.test_state)} test_state for {len(counts)} test nets: give one for each, or none"
        )
    plans = []
    for index, source in enumerate([*nets.test, *list(nets.generic) * generic]):
        state = _state(TEST, source)
        if param.test_state:
            state.MergeFrom(param.test_state[index])
        state.phase = TEST
        plans.append(NetPlan(source, state, counts[index]))
    return plans


def untested_faults(param: SolverParameter) -> list[Fault]:
    """A fault for each field that configures tests without a ``test_interval``.

    Source: Caffe's ``Solver::InitTestNets``.
    """
    if param.test_interval:
        return []
    value = "0" if param.HasField("test_interval") else "not given"
    return [
        Fault(
            f"{field} is given, but test_interval is {value}: nothing would be tested",
            field=field,
            hint=f"set test_interval, or remove {field}",
        )
        for field in ("test_iter", "test_net", "test_net_param")
        if getattr(param, field)
    ]


def weights_files(named: Sequence[str | Path], solver: Document[SolverParameter] | None = None) -> list[Path]:
    """Paths of weights files; each value holds one, or several separated by commas.

    Args:
        named: values of the command line or of a solver: paths, or ``zoo:NAME`` for those of a zoo entry.
        solver: the solver with the values; its folder is searched first, then the working folder.

    Raises:
        ConfigError: entries of the zoo are missing or damaged.
    """
    folder = solver.path.parent if solver is not None and solver.path is not None else Path()
    nodes = list(solver.root.all("weights")) if solver is not None else []
    files: list[Path] = []
    faults: list[Fault] = []
    for index, value in enumerate(named):
        for name in filter(None, map(str.strip, str(value).split(","))):
            if not in_zoo(name):
                files.append(beside if (beside := folder / name).is_file() else Path(name))
                continue
            try:
                files.append(weights_path(name))
            except ZooError as error:
                node = nodes[index] if len(nodes) == len(named) else None
                faults.append(Fault(str(error), node.value_origin if node else None, field="weights"))
    if faults:
        raise ConfigError(faults)
    return files


def _state(phase: Phase, source: LoadedNet) -> NetState:
    state = NetState()
    state.MergeFrom(source.state if isinstance(source, NetParameter) else source.message.state)
    state.phase = phase
    return state
