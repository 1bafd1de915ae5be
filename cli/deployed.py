"""The net that a command applies to images: a zoo entry, a run, or a config with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerzoo.errors import UsageError

if TYPE_CHECKING:
    from layerzoo.cli.flags import Gpus
    from layerzoo.zoo import ZooNet


def check_one_net(zoo: str | None, run: str | None, model: str | None, weights: Sequence[str]) -> None:
    """Check that exactly one of ``-zoo``, ``-run`` and ``-model`` is given, with the flags that belong to it.

    Raises:
        UsageError: none or several are given, or ``-weights`` beside one that has weights.
    """
    given = [f"-{flag}" for flag, value in (("zoo", zoo), ("run", run), ("model", model)) if value]
    if not given:
        raise UsageError(
            "-zoo, -run or -model is required: a zoo entry, the folder of a run, or a net's config"
        )
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other; give one")
    if run and weights:
        raise UsageError("-run has weights of its own; for others: -model RUN/net.prototxt -weights FILE")


def deployed_net(
    zoo: str | None,
    run: str | None,
    model: str | None,
    weights: Sequence[str],
    overrides: Sequence[str],
    gpu: Gpus,
    keep_params: bool = False,
) -> ZooNet:
    """Load a net for deployment.

    Args:
        zoo, run, model, weights, overrides, gpu: the flags.
        keep_params: whether its params are used by anything but passes.

    Raises:
        UsageError: not exactly one net is named, or ``-model`` has no weights.
        ConfigError, WeightsError, ZooError: it can't be loaded.
    """
    from layerzoo.cli.nets import default_device, prepare_cpu
    from layerzoo.runs.locate import run_folder
    from layerzoo.zoo import load
    from layerzoo.zoo.unpublished import of_config, of_run, open_deployed

    check_one_net(zoo, run, model, weights)
    device = default_device(gpu)
    if zoo:
        if weights:
            raise UsageError("-zoo has weights of its own; leave out -weights")
        net = load(zoo, device=device, keep_params=keep_params, overrides=overrides)
    else:
        if model and not weights:
            raise UsageError(f"-model {model}: -weights is required, too")
        found = of_run(run_folder(run)) if run else of_config(model or "", weights)
        net = open_deployed(found, device=device, overrides=overrides, keep_params=keep_params)
    if device.type == "cpu":
        prepare_cpu(net.net.graph)
    return net
