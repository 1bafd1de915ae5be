"""``layerzoo debug``: step through a net at a prompt."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import click

from layerzoo.cli import flags, gflags

_BANNER = """{net}: {count} layers
  step(n)  until('layer')  run()  back(n)  reset()  where()  show('blob or layer')  print(net.trace())
  net.blobs['x'].data/.diff, net.params['layer'][0].data/.diff, caffe, np; Ctrl-D exits"""


@gflags.command("Nets")
@flags.model
@flags.weights
@flags.lenient
@flags.phase
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@flags.gpu
def command(
    model: str | None,
    weights: tuple[str, ...],
    lenient: bool,
    phase: str | None,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
) -> None:
    """Step through a net layer by layer at a Python prompt, with access to all blobs, params and gradients.

    \b
      layerzoo debug -model net.prototxt -weights net.caffemodel -phase TEST

    Inputs have random values until you set others. The prompt is IPython if that is installed.
    """
    import numpy as np

    from layerzoo import net as nets
    from layerzoo import pycaffe as caffe
    from layerzoo.cli.nets import device_of, required
    from layerzoo.errors import UsageError
    from layerzoo.graph import insert_splits
    from layerzoo.layer import LAYERS
    from layerzoo.loader import load_net
    from layerzoo.pycaffe import alias, state
    from layerzoo.pycaffe.net import check_file
    from layerzoo.pycaffe.stepping import Stepper, fill_inputs
    from layerzoo.schema import NetState
    from layerzoo.terminal_text import printable, unescaped

    device = device_of(gpu)
    if device is not None and device.type == "cuda":
        caffe.set_device(device.index)
        caffe.set_mode_gpu()
    document = load_net(required("model", model), overrides)
    try:
        for file in weights:
            check_file(file)
    except RuntimeError as error:
        raise UsageError(str(error)) from None
    net_state = NetState(phase=(phase or "TRAIN").upper(), level=level, stage=stage)
    alias.install_if_missing()
    graph = insert_splits(nets.graph_of(document, net_state), LAYERS)
    inner = nets.Net(graph, weights=list(weights), lenient=lenient, seed=state.next_seed())
    net = caffe.Net.of(inner.to(state.device()))
    fill_inputs(net)
    stepper = Stepper(net, lambda text: click.echo(printable(text)))
    names: dict[str, Any] = {"net": net, "caffe": caffe, "np": np, "stepper": stepper}
    for name in ("step", "until", "run", "back", "reset", "where", "show"):
        names[name] = getattr(stepper, name)
    banner = printable(_BANNER.format(net=net.net.name or model, count=len(net.layers)))
    with redirect_stdout(unescaped(sys.stdout)), redirect_stderr(unescaped(sys.stderr)):
        _prompt(banner, names)


def _prompt(banner: str, names: dict[str, Any]) -> None:
    try:
        from IPython import start_ipython
    except ImportError:
        import code

        code.interact(banner, local=names, exitmsg="")
    else:
        click.echo(banner)
        start_ipython(argv=["--no-banner"], user_ns=names)
