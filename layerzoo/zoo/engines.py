"""Run nets of the zoo by other inference engines."""

from __future__ import annotations

from pathlib import Path

from layerzoo.errors import ExportError, UsageError, ZooError
from layerzoo.export import export_onnx
from layerzoo.export.engines import Compute, check_engine, open_engine
from layerzoo.home import home
from layerzoo.version import __version__
from layerzoo.zoo.entry import GOLDEN
from layerzoo.zoo.golden import check_outputs, golden_inputs
from layerzoo.zoo.zoo_net import ZooNet


def use_engine(net: ZooNet, engine: str) -> None:
    """Let another engine compute the outputs of a net of the zoo.

    The net is exported to ONNX the first time; the file is kept in the folder ``exported`` in
    ``LAYERZOO_HOME``, by the entry's hash. The outputs are compared with the golden ones.

    Args:
        net: the net, on the CPU.
        engine: a name of `layerzoo.export.engines.ENGINES`.

    Raises:
        MissingExtraError: the engine is not installed.
        UsageError: the net is not of the zoo, or not on the CPU.
        ZooError: the net has several inputs, or its outputs differ from the golden ones.
        ExportError: it can't be exported.
        OSError: the file can't be written.
    """
    check_engine(engine)
    if net.entry is None or net.net.device.type != "cpu":
        raise UsageError(f"{net.name}: {engine} runs entries of the zoo, on the CPU")
    if len(net.net.graph.inputs) != 1:
        raise ZooError(f"{net.name} has {len(net.net.graph.inputs)} inputs; {engine} runs nets of one input")
    path = exported(net.entry.id)
    if path.exists():
        try:
            net.compute = _opened(net, engine, path)
            return
        except (ExportError, ZooError):  # the file is damaged; another is written below
            path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    export_onnx(net.net, path, golden_inputs(net.entry))
    net.compute = _opened(net, engine, path)


def exported(entry_id: str) -> Path:
    """The path of the ONNX file of an entry, as this version of Layerzoo exports it."""
    return home() / "exported" / f"{entry_id}-{__version__}.onnx"


def _opened(net: ZooNet, engine: str, path: Path) -> Compute:
    """The outputs of a file, once they agree with the golden pair."""
    compute = open_engine(engine, path, [blob.name for blob in net.net.graph.outputs])
    assert net.entry is not None
    if GOLDEN in net.entry:
        inputs = golden_inputs(net.entry) or {}
        check_outputs(compute(next(iter(inputs.values()))), net.entry.file(GOLDEN))
    return compute
