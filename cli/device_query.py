"""``layerzoo device_query``: print the properties of GPUs, in Caffe's lines."""

from __future__ import annotations

from typing import Any

from layerzoo.cli import flags, gflags

_PROPERTIES = {  # Caffe's names → torch's
    "Major revision number": "major",
    "Minor revision number": "minor",
    "Name": "name",
    "Total global memory": "total_memory",
    "Total shared memory per block": "shared_memory_per_block",
    "Warp size": "warp_size",
    "Maximum threads per block": "max_threads_per_block",
    "Clock rate": "clock_rate",
    "Number of multiprocessors": "multi_processor_count",
}


@gflags.command("Machine")
@gflags.flag("gpu", metavar="ID", callback=flags.gpu_ids, default="all", help="GPUs to query: 0, 0,1 or all.")
def command(gpu: flags.Gpus) -> None:
    """Print the properties of the GPUs."""
    import logging

    import torch

    from layerzoo.errors import UsageError

    logger = logging.getLogger(__name__)
    count = torch.cuda.device_count()
    if not count:
        why = "no CUDA device is visible" if torch.version.cuda else "this build of torch has no CUDA"
        logger.info("No GPU: %s. Nets run on the CPU.", why)
        return
    ids = range(count) if gpu == "all" else gpu or ()
    logger.info("Querying GPUs %s", ",".join(map(str, ids)))
    for index in ids:
        if index >= count:
            raise UsageError(f"-gpu {index}: no such GPU; available: {', '.join(map(str, range(count)))}")
        for line in lines(index, torch.cuda.get_device_properties(index)):
            logger.info(line)


def lines(index: int, properties: Any) -> list[str]:
    """Caffe's lines for a GPU, for those properties that torch provides."""
    values = {title: getattr(properties, name, None) for title, name in _PROPERTIES.items()}
    rows = {"Device id": index, **{title: value for title, value in values.items() if value is not None}}
    return [f"{title + ':':<31}{value}" for title, value in rows.items()]
