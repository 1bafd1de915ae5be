"""Write scripts under the names of Caffe's programs, for shell scripts that call them."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import layerzoo
from layerzoo.atomic import atomic_path
from layerzoo.errors import LayerzooError, UsageError

_PROGRAMS: Final = {
    "caffe": ["caffe"],
    "convert_imageset": ["caffe", "convert_imageset"],
    "compute_image_mean": ["caffe", "compute_image_mean"],
    "extract_features": ["extract_features"],
    "upgrade_net_proto_text": ["caffe", "upgrade"],
    "upgrade_net_proto_binary": ["caffe", "upgrade"],
    "upgrade_solver_proto_text": ["caffe", "upgrade"],
}
"""Caffe's compiled programs, also named ``NAME.bin``, with the arguments of ``python -m layerzoo.tools``."""
_SCRIPTS: Final = {
    "classify": ["classify"],
    "detect": ["detect"],
    "draw_net": ["draw_net"],
    "parse_log": ["caffe", "parse_log"],
    "plot_training_log": ["plot_training_log"],
    "resize_and_crop_images": ["resize_and_crop_images"],
    "download_model_binary": ["download_model_binary"],
}
"""Caffe's Python scripts, also named ``NAME.py``."""

_MARK: Final = "Written by 'layerzoo shell-aliases': runs Layerzoo in place of a tool of Caffe's."
_MARK_START: Final = b"Written by 'layerzoo shell-aliases'"
_MAX_SHEBANG: Final = 120


def commands() -> dict[str, list[str]]:
    """Return the arguments of ``python -m layerzoo.tools`` for each script, by the script's name."""
    words_of = {f"{name}{end}": words for name, words in _PROGRAMS.items() for end in ("", ".bin")}
    words_of |= {f"{name}{end}": words for name, words in _SCRIPTS.items() for end in ("", ".py")}
    return words_of | {"parse_log.sh": ["parse_log_sh"]}


def write_aliases(folder: str | Path) -> list[Path]:
    """Write the scripts into a folder, creating it and replacing scripts written earlier.

    From any working folder, they run the Python interpreter and the Layerzoo that wrote them.

    Returns:
        the scripts' paths.

    Raises:
        UsageError: the folder holds a file of such a name that Layerzoo didn't write.
        LayerzooError: the folder can't be written.
    """
    target = Path(folder).expanduser()
    try:
        target.mkdir(parents=True, exist_ok=True)
        others = [path for name in commands() if (path := target / name).exists() and not _is_ours(path)]
        if others:
            raise UsageError(
                f"{others[0]} already exists and was not written by Layerzoo; choose another folder"
            )
        root = _root_to_name()
        for name, words in commands().items():
            text = "".join(_python(words, root) if name.endswith(".py") else _shell(words, root))
            with atomic_path(target / name) as part:
                part.write_text(text, encoding="utf-8")
                part.chmod(0o755)
    except OSError as error:
        raise LayerzooError(
            f"{error.filename or target} can't be written: {error.strerror or error}"
        ) from None
    return [target / name for name in commands()]


def _is_ours(path: Path) -> bool:
    return path.is_file() and _MARK_START in path.read_bytes()


def _root_to_name() -> Path | None:
    """Return the folder to import Layerzoo from if it isn't installed (a bare checkout), else None."""
    imported = subprocess.run(
        [sys.executable, "-P", "-c", "import layerzoo; print(layerzoo.__file__)"],
        cwd="/",
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    own = Path(layerzoo.__file__).resolve()
    installed = imported.returncode == 0 and Path(imported.stdout.strip()).resolve() == own
    return None if installed else own.parents[1]


def _shell(words: list[str], root: Path | None) -> Iterator[str]:
    yield f"#!/bin/sh\n# {_MARK}\n"
    if root is not None:
        yield f'PYTHONPATH={shlex.quote(str(root))}"${{PYTHONPATH:+:$PYTHONPATH}}"\nexport PYTHONPATH\n'
    yield f'exec {shlex.join([*_interpreter(), *words])} "$@"\n'


def _python(words: list[str], root: Path | None) -> Iterator[str]:
    """Yield a script that any Python can run, since scripts call ``python2 tools/extra/parse_log.py``."""
    direct = " " not in sys.executable and len(sys.executable) < _MAX_SHEBANG
    yield f"#!{sys.executable if direct else '/usr/bin/env python3'}\n# {_MARK}\nimport os\nimport sys\n\n"
    if root is not None:
        yield f"path = [{str(root)!r}] + list(filter(None, [os.environ.get('PYTHONPATH')]))\n"
        yield "os.environ['PYTHONPATH'] = os.pathsep.join(path)\n"
    yield f"command = {[*_interpreter(), *words]!r}\n"
    yield "os.execv(command[0], command + sys.argv[1:])\n"


def _interpreter() -> list[str]:
    # -P: don't import from the working folder
    return [sys.executable, "-P", "-m", "layerzoo.tools"]
