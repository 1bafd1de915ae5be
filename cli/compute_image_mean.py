"""``layerzoo compute_image_mean``: compute the mean image of a database."""

from __future__ import annotations

import click

from layerzoo.cli import gflags


@gflags.command("Data")
@click.argument("source", metavar="INPUT_DB")
@click.argument("target", metavar="[OUTPUT_FILE]", required=False)
@gflags.flag("backend", metavar="KIND", default="lmdb", show_default=True, help="lmdb or leveldb.")
def command(source: str, target: str | None, backend: str) -> None:
    """Compute the mean image of a database, for a layer's transform_param.

    Without OUTPUT_FILE only the mean of each channel is printed, for mean_value.

    \b
      layerzoo compute_image_mean train_lmdb mean.binaryproto
    """
    from layerzoo.tools.compute_image_mean import compute_image_mean, log_channel_means, write_mean

    mean = compute_image_mean(source, backend)
    if target:
        write_mean(mean, target)
        click.echo(f"wrote {target}")
    log_channel_means(mean)
