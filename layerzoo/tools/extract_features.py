"""``extract_features``: run a net over its data and store blobs in databases."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from layerzoo.errors import UsageError, did_you_mean, nearest
from layerzoo.log import to_stderr
from layerzoo.schema import Datum
from layerzoo.tools.databases import BACKENDS, LMDB, Put, new_records
from layerzoo.tools.own_layers import add_allow_python

log = logging.getLogger("layerzoo")

_SHOWN_EVERY = 1000
_DATUM_AXES = 3


def main(argv: Sequence[str]) -> int:
    """Run the tool with Caffe's arguments; return the exit code."""
    parser = argparse.ArgumentParser(
        "extract_features", description="Run a net over its data and store blobs in databases of Datum."
    )
    parser.add_argument("pretrained_net_param", help="the weights")
    parser.add_argument("feature_extraction_proto_file", help="the net, with a data layer")
    parser.add_argument("extract_feature_blob_names", help="the blobs to store: NAME,...")
    parser.add_argument("save_feature_dataset_names", help="a database for each blob: PATH,...")
    parser.add_argument("num_mini_batches", type=int, help="the number of batches to run")
    parser.add_argument("db_type", choices=BACKENDS, help="the database backend")
    parser.add_argument("mode", nargs="?", default="CPU", choices=["CPU", "GPU"])
    parser.add_argument("device_id", nargs="?", default="0", metavar="DEVICE_ID=0", help="the GPU's index")
    add_allow_python(parser)
    args = parser.parse_args(argv)
    blobs, targets = args.extract_feature_blob_names.split(","), args.save_feature_dataset_names.split(",")
    if len(blobs) != len(targets):
        raise UsageError(
            "the numbers of blobs and databases differ; expected one database per blob: "
            f"blobs {args.extract_feature_blob_names}, databases {args.save_feature_dataset_names}"
        )
    to_stderr()
    device = "cpu" if args.mode == "CPU" else f"cuda:{args.device_id.removeprefix('DEVICE_ID=')}"
    log.info("Using %s", "CPU" if device == "cpu" else f"GPU {device.partition(':')[2]}")
    extract_features(
        args.feature_extraction_proto_file,
        args.pretrained_net_param,
        dict(zip(blobs, targets, strict=True)),
        args.num_mini_batches,
        backend=args.db_type,
        device=device,
    )
    return 0


def extract_features(
    model: str,
    weights: str,
    targets: Mapping[str, str],
    batches: int,
    *,
    backend: str = LMDB,
    device: str = "cpu",
) -> None:
    """Run a net in the TEST phase over its data, and store blobs in databases.

    Each example becomes a Datum of floats, under the keys ``0000000000``, ``0000000001`` …

    Args:
        model: the net's file, with a data layer.
        weights: the weights file.
        targets: path of the database for each blob, by blob name.
        batches: number of batches to run.
        backend: ``lmdb`` or ``leveldb``.
        device: device to run on.

    Raises:
        UsageError: the net has no such blob, or has inputs, or the device is missing.
        DataError: a database already exists.
    """
    import torch

    from layerzoo.memory.needs import check_memory, run_needs
    from layerzoo.net import Net, graph_of, log_unread, trust_versions
    from layerzoo.schema import TEST, NetState

    graph = graph_of(model, NetState(phase=TEST))
    log_unread(graph)
    check_memory(run_needs(graph, all_blobs=True), torch.device("cpu"))
    net = Net(graph, weights=weights)
    trust_versions(net)
    for name in targets:
        if name not in net.graph.last:
            hint = did_you_mean(nearest(name, net.graph.last))
            raise UsageError(f"{model} has no blob '{name}'" + (f"; {hint}" if hint else ""))
    if net.graph.inputs:
        raise UsageError(f"{model} has the input '{net.graph.inputs[0].name}'; expected a data layer instead")
    if device != "cpu":
        try:
            net.to(device)
        except (RuntimeError, AssertionError) as error:
            raise UsageError(f"device {device} is not available: {error}") from None
    with ExitStack() as stack, torch.inference_mode():
        puts: dict[str, Put] = {}
        for name, target in targets.items():
            log.info("Opening dataset %s", target)
            puts[name] = stack.enter_context(new_records(target, backend))
        counts = dict.fromkeys(targets, 0)
        for _ in range(batches):
            net()
            for name, put in puts.items():
                for value in _datums(net.blobs[name], name):
                    put(b"%010d" % counts[name], value)
                    counts[name] += 1
                    if counts[name] % _SHOWN_EVERY == 0:
                        log.info(
                            "Extracted features of %d query images for feature blob %s", counts[name], name
                        )
        for name, count in counts.items():
            log.info("Extracted features of %d query images for feature blob %s", count, name)
    log.info("Successfully extracted the features!")


def _datums(blob: object, name: str) -> Iterator[bytes]:
    """Yield a blob's examples, each as a Datum channels x height x width; missing axes are 1."""
    import torch

    assert isinstance(blob, torch.Tensor)
    if not 1 <= blob.dim() <= _DATUM_AXES + 1:
        raise UsageError(
            f"blob '{name}' has {blob.dim()} axes; expected 1 to {_DATUM_AXES + 1}, as a Datum has 3"
        )
    shape = (*blob.shape[1:], *[1] * (_DATUM_AXES + 1 - blob.dim()))
    datum = Datum(channels=shape[0], height=shape[1], width=shape[2])
    for example in blob.float().reshape(len(blob), -1).cpu().tolist():
        del datum.float_data[:]
        datum.float_data.extend(example)
        yield datum.SerializeToString()
