"""Use nets that are not published: the folder of a run, or a config with weights."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from layerzoo.data.described_sets import class_names
from layerzoo.data.fitted import fitted_layer, parsed_layer
from layerzoo.errors import ConfigError, LayerzooError, SnapshotError, UsageError, ZooError
from layerzoo.graph import Graph
from layerzoo.loader import Document, load_net, load_solver
from layerzoo.memory.needs import check_memory as fits
from layerzoo.memory.needs import run_needs
from layerzoo.net import Net, free_folded_params, graph_of
from layerzoo.net.target_scales import is_regression
from layerzoo.regular_file import read_text
from layerzoo.schema import TEST, TRAIN, LayerParameter, NetParameter, NetState
from layerzoo.snapshot import find_best, find_newest, weights_to_publish
from layerzoo.snapshot.native import TEXT
from layerzoo.snapshot.native import read_text as read_state
from layerzoo.weights import open_weights
from layerzoo.zoo.deploy import deploy_net
from layerzoo.zoo.entry import INPUTS, LABELS, NET, SOLVER
from layerzoo.zoo.preprocessing import image_preprocessing
from layerzoo.zoo.trust import check_weights
from layerzoo.zoo.zoo_net import ZooNet

log = logging.getLogger("layerzoo")


@dataclass(frozen=True)
class Unpublished:
    """A net that is used where it is.

    Attributes:
        net: its config, for training and testing.
        weights: its files of weights.
        labels: names of its classes; empty if unknown.
        inputs: its data layer with what it learned from its source, as `fitted_text` gives it.
        state: the state in which its test set is tested.
    """

    net: Path
    weights: Sequence[str | Path]
    labels: Sequence[str]
    state: NetState
    inputs: str = ""


def of_run(run: Path, last: bool = False) -> Unpublished:
    """The net of a run's folder, with its best weights; those of its newest snapshot without tests.

    Where the best weights are damaged, a warning says so, and names what takes their place.

    Args:
        run: the folder.
        last: take the newest snapshot, even if earlier weights were better.

    Raises:
        UsageError: it is not the folder of a run, or the run has not written weights yet.
        SnapshotError: its weights are damaged, and there are no others.
    """
    if not (run / NET).is_file():
        raise UsageError(
            f"{run}: not the folder of a run, which has a {NET}; it is named <snapshot_prefix>.run"
        )
    damaged = ""
    try:
        best = None if last else find_best(run)
    except SnapshotError as error:
        best, damaged = None, str(error)
    folder = best.path if best is not None else find_newest(run)
    if damaged and folder is None:
        raise SnapshotError(f"{damaged}; the run has no other weights")
    if damaged:
        log.warning("The best weights are damaged, so those of %s are used: %s", folder, damaged)
    if folder is None:
        raise UsageError(
            f"{run}: this run has no weights yet; it writes them at tests, at snapshots and at the end"
        )
    stored = read_state(folder)
    names = _text(run / LABELS).splitlines() or list(stored.get("class_names", []))
    inputs = _text(run / INPUTS) or str(stored.get("inputs", ""))
    state = scoring_state(run / SOLVER)
    return Unpublished(run / NET, [weights_to_publish(folder)], names, state, inputs)


def of_config(model: str | Path, weights: Sequence[str | Path]) -> Unpublished:
    """A config with files of weights.

    Names of classes and what the data layer learned are those of the snapshot that the weights are of.
    """
    names: list[str] = []
    inputs = ""
    for path in map(Path, weights):
        if (path.parent / TEXT).is_file():
            try:
                stored = read_state(path.parent)
            except LayerzooError:
                continue
            names = list(stored.get("class_names", [])) or names
            inputs = str(stored.get("inputs", "")) or inputs
    return Unpublished(Path(model), weights, names, NetState(phase=TEST), inputs)


def scoring_state(solver: Path) -> NetState:
    """The state of the test net that scores a run: the last one of its solver."""
    state = NetState(phase=TEST)
    try:
        param = load_solver(solver).message
    except (LayerzooError, OSError):
        return state
    if param.test_state:
        state.MergeFrom(param.test_state[-1])
        state.phase = TEST
    return state


def open_deployed(
    found: Unpublished,
    *,
    device: str | torch.device = "cpu",
    overrides: Sequence[str] = (),
    keep_params: bool = True,
) -> ZooNet:
    """The net for deployment, with weights, names of classes and preprocessing, as publishing derives it.

    Args:
        found: the net.
        device: device of the net.
        overrides: ``-set`` arguments.
        keep_params: whether its params are used by anything but passes; see `layerzoo.zoo.load`.

    Raises:
        ConfigError: the config has faults, or names data that are missing.
        OutOfMemoryError: it needs more memory than the device has.
        WeightsError: a file of weights can't be read, or doesn't fit.
        ZooError: nothing is left of the net without data and losses, or it has params without weights.
    """
    document = load_net(found.net, overrides)
    tested = graph_of(document, NetState(phase=TEST))
    try:
        message = deploy_net(document)
        graph = graph_of(message, NetState(phase=TEST))
    except ConfigError as error:
        raise ZooError(f"{found.net}: the net for deployment has a fault: {error}") from error
    fits(run_needs(graph), torch.device(device))
    if len(found.weights) == 1:
        with open_weights(found.weights[0]) as stored:
            check_weights(graph, stored, str(found.weights[0]))
    net = Net(graph)
    for path in found.weights:
        net.load_weights(path)
    if not keep_params and torch.device(device).type == "cpu":
        free_folded_params(net)
    net.to(device)
    if not keep_params:
        free_folded_params(net)
    labels = found.labels or class_names(tested)
    made = ZooNet(net, labels, image_preprocessing(tested), predicts_numbers=is_regression(tested))
    made.inputs = _inputs(found, document, tested)
    return made


def _inputs(found: Unpublished, document: Document[NetParameter], tested: Graph) -> LayerParameter | None:
    """The data layer of a net with what it learned; of one that doesn't say it, learned again."""
    if found.inputs:
        return parsed_layer(found.inputs, f"{INPUTS} of {found.net.parent}")
    try:
        train = graph_of(document, NetState(phase=TRAIN))
    except (LayerzooError, OSError):  # a net may be written for one phase alone
        train = tested
    return fitted_layer(train, tested)


def _text(file: Path) -> str:
    try:
        return read_text(file)
    except (OSError, UnicodeDecodeError):
        return ""
