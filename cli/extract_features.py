"""``layerzoo extract_features``: save blobs of a net to a file."""

from __future__ import annotations

from pathlib import Path

import click

from layerzoo.cli import flags, gflags


@gflags.command("Zoo")
@flags.zoo
@flags.model
@flags.weights
@flags.lenient
@flags.overrides
@flags.gpu
@flags.threads
@gflags.flag(
    "blobs", metavar="NAME,...", callback=flags.words, default="", help="Blobs to save, e.g. fc7,label."
)
@gflags.flag("out", metavar="FILE", type=click.Path(path_type=Path), help="Output file: .h5, .npz or .lmdb.")
@gflags.flag(
    "format",
    to="form",
    type=click.Choice(["hdf5", "npz", "lmdb"]),
    help="Output format, if the suffix of -out doesn't give it.",
)
@gflags.flag(
    "iterations",
    metavar="N",
    type=click.IntRange(min=1),
    help="Number of batches; default: the whole set, once.",
)
@flags.allow_python
def command(
    zoo: str | None,
    model: str | None,
    weights: tuple[str, ...],
    lenient: bool,
    overrides: tuple[str, ...],
    gpu: flags.Gpus,
    blobs: tuple[str, ...],
    out: Path | None,
    form: str | None,
    iterations: int | None,
) -> None:
    """Run a net over its test set and save blobs to a file.

    \b
      layerzoo extract_features -zoo lenet-digits -blobs ip1,label -out digits.h5

    HDF5 and npz files have an array for each blob, with samples along the first axis. An LMDB has one blob as
    Datums, as Caffe's extract_features writes it.
    """
    from layerzoo.cli.nets import required
    from layerzoo.cli.tested import tested_net
    from layerzoo.errors import UsageError, did_you_mean, nearest
    from layerzoo.evaluation.features import open_features
    from layerzoo.evaluation.judge import passes

    wanted, target = required("blobs", blobs), required("out", out)
    net, _ = tested_net(zoo, model, weights, lenient, overrides, gpu, None)
    for name in wanted:
        if name not in net.graph.last:
            hint = did_you_mean(nearest(name, net.graph.last)) or f"it has {', '.join(net.graph.last)}"
            raise UsageError(f"no blob '{name}' in net '{net.name}'; {hint}")
    count = 0
    with open_features(target, wanted, form or "") as file:
        for _ in passes(net, iterations):
            batch = {name: net.blobs[name].float().cpu().numpy() for name in wanted}
            if len({values.shape[:1] for values in batch.values()}) != 1:
                shapes = ", ".join(f"{name} {values.shape}" for name, values in batch.items())
                raise UsageError(f"these blobs have different numbers of samples: {shapes}")
            file.add(batch)
            count += len(batch[wanted[0]])
    click.echo(f"{count:,} samples of {', '.join(wanted)} -> {target}")
