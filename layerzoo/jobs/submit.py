"""Send a job file to a cluster by its client."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from layerzoo.errors import LayerzooError, UsageError
from layerzoo.jobs.cluster import Cluster


def submit(cluster: Cluster, file: Path | None = None) -> None:
    """Submit a job; what the client says goes to the terminal.

    Args:
        cluster: the job on its cluster.
        file: the job file, if it has been written; otherwise a temporary one is.

    Raises:
        UsageError: the client isn't installed.
        LayerzooError: the client fails.
    """
    check_client(cluster)
    with TemporaryDirectory(prefix="layerzoo-") as folder:
        if file is None:
            file = Path(folder) / f"{cluster.job.name}{cluster.suffix}"
            file.write_text(cluster.text(), encoding="utf-8")
        words = cluster.submission(file)
        code = subprocess.run(words, check=False).returncode
    if code:
        raise LayerzooError(f"{cluster.client} ended with exit code {code}; the job was not submitted")


def check_client(cluster: Cluster) -> None:
    """Check that the client of a cluster is installed.

    Raises:
        UsageError: it isn't.
    """
    if shutil.which(cluster.client) is None:
        words = shlex.join(cluster.submission(Path(f"FILE{cluster.suffix}")))
        raise UsageError(
            f"-submit needs '{cluster.client}', which isn't installed here; write the job file by "
            f"-out FILE{cluster.suffix}, and where it is installed: {words}"
        )
