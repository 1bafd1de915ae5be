"""Write safetensors files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from layerzoo.disk import system_error


def write_tensors(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None
) -> None:
    """Write tensors of any device; shared ones and slices of a larger tensor are copied first.

    The file's permissions are those of any new file: safetensors gives it those of a temporary one.

    Args:
        path: the file.
        tensors: by name.
        metadata: strings to store too.

    Raises:
        OSError: the file can't be written.
    """
    written: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        blob = tensor.detach().cpu().contiguous()
        storage = blob.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != blob.nbytes:
            blob = blob.clone()
        seen.add(storage.data_ptr())
        written[name] = blob
    path.touch()  # with the permissions that the umask and the folder give
    mode = path.stat().st_mode & 0o777
    try:
        save_file(written, path, dict(metadata or {}) or None)
    except SafetensorError as error:
        raise system_error(error, path) from error
    path.chmod(mode)
