"""``layerzoo env``: print versions and devices for a bug report."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator

import click

from layerzoo.cli import gflags
from layerzoo.version import __version__

_LIBRARIES = ("numpy", "protobuf", "PyYAML", "click", "rich", "safetensors", "lmdb", "h5py", "pillow")
_VARIABLES = (
    "LAYERZOO_HOME",
    "CUDA_VISIBLE_DEVICES",
    "LAYERZOO_THREADS",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "GOMP_SPINCOUNT",
    "GLOG_minloglevel",
    "LAYERZOO_SANDBOX",
    "NO_COLOR",
)


@gflags.command("Machine")
def command() -> None:
    """Print versions and devices, for a bug report."""
    for name, value in _facts():
        click.echo(f"{name:<20} {value}")


def _facts() -> Iterator[tuple[str, str]]:
    import torch

    yield "layerzoo", __version__
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "platform", platform.platform()
    yield "torch", torch.__version__
    for library in _LIBRARIES:
        yield library, _version(library)
    yield "processors", f"{os.cpu_count()}, torch uses {torch.get_num_threads()} threads"
    yield "CUDA", f"{torch.version.cuda}" if torch.version.cuda else "none in this build of torch"
    for index in range(torch.cuda.device_count()):
        yield f"GPU {index}", torch.cuda.get_device_name(index)
    yield "sandbox", _sandbox()
    for variable in _VARIABLES:
        if variable in os.environ:
            yield variable, os.environ[variable]


def _sandbox() -> str:
    from layerzoo.reader.lockdown import can_hold

    held = can_hold()
    landlock = f"Landlock {held.landlock}" if held.landlock else "no Landlock"
    missing = f"; can't prevent: {', '.join(held.missing)}" if held.missing else ""
    return f"{landlock}, {'seccomp' if held.seccomp else 'no seccomp'}{missing}"


def _version(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
