"""``layerzoo extract_features``: what a net computes, blob by blob, into files."""

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
@gflags.flag(
    "blobs", metavar="NAME,...", callback=flags.words, default="", help="Which blobs; a label blob too."
)
@gflags.flag("out", metavar="FILE", type=click.Path(path_type=Path), help="Where to: .h5, .npz or .lmdb.")
@gflags.flag(
    "format", to="form", type=click.Choice(["hdf5", "npz", "lmdb"]), help="Where the suffix doesn't say it."
)
@gflags.flag(
    "iterations", metavar="N", type=click.IntRange(min=1), help="Batches; without it the whole set, once."
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
    """Run a net over its test set and write blobs of it.

    \b
      layerzoo extract_features -zoo lenet-digits -blobs ip1,label -out digits.h5

    HDF5 and npz hold an array for each blob, samples along the first axis; an LMDB one blob as Datums, as
    Caffe's extract_features writes it.
    """
    from layerzoo.cli.nets import required
    from layerzoo.cli.tested import tested_net
    from layerzoo.errors import UsageError, did_you_mean, nearest
    from layerzoo.evaluation.features import open_features
    from layerzoo.evaluation.judge import passes

    wanted, target = required("blobs", blobs), required("out", out)
    net, _ = tested_net(zoo, model, weights, lenient, overrides, gpu)
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
