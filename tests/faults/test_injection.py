"""Operations on files are counted, and one of them fails as the system would let it fail."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import h5py
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from tests.faults.injection import BACKGROUND, FAULTS, Injector, Operation, injected


def count(root: Path) -> Injector:
    return Injector(root)


def kinds(injector: Injector) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in injector.operations]


def test_operations_of_path_and_os_are_counted_below_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    with injected(count(root)) as injector:
        (root / "a").write_text("text")
        (root / "a").read_text()
        (root / "d").mkdir()
        (root / "a").rename(root / "d" / "b")
        os.link(root / "d" / "b", root / "c")
        list(root.iterdir())
        descriptor = os.open(root / "c", os.O_RDONLY)
        os.fsync(descriptor)
        os.read(descriptor, 9)
        os.close(descriptor)
        (root / "c").unlink()
        (tmp_path / "outside").write_text("text")
        tempfile.TemporaryFile().close()
    assert kinds(injector) == [
        ("create", "a"), ("write", "a"), ("open", "a"), ("read", "a"), ("mkdir", "d"), ("rename", "d/b"),
        ("link", "c"), ("list", ""), ("open", "c"), ("sync", "c"), ("read", "c"), ("remove", "c"),
    ]  # fmt: skip


def test_operations_of_rmtree_and_descriptors_have_their_paths(tmp_path: Path) -> None:
    (tmp_path / "d" / "e").mkdir(parents=True)
    (tmp_path / "d" / "e" / "f").write_text("x")
    with injected(count(tmp_path)) as injector:
        with os.fdopen(os.open(tmp_path / "d" / "e" / "f", os.O_WRONLY), "wb") as file:
            file.write(b"y")
        shutil.rmtree(tmp_path / "d")
    assert Operation("write", "d/e/f") in injector.operations
    assert [one.path for one in injector.operations if one.kind == "remove"] == ["d/e/f", "d/e", "d"]


def test_everything_is_as_before_after_the_block(tmp_path: Path) -> None:
    before = (os.open, open, h5py.File, safe_open, os.replace)
    with injected(count(tmp_path)):
        assert os.open is not before[0]
    assert (os.open, open, h5py.File, safe_open, os.replace) == before


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "EACCES", "EMFILE"])
def test_fault_is_the_error_of_the_system(tmp_path: Path, fault: str) -> None:
    injector = Injector(tmp_path, 0, fault)
    with injected(injector), pytest.raises(OSError, match=r"a'$") as caught:
        (tmp_path / "a").write_text("x")
    assert caught.value.errno == getattr(errno, fault)
    assert injector.injected
    assert not (tmp_path / "a").exists()


def test_full_disk_stays_full_and_other_faults_pass(tmp_path: Path) -> None:
    for fault, again in (("EIO", True), ("ENOSPC", False)):
        with injected(Injector(tmp_path, 0, fault)):
            with pytest.raises(OSError, match="a"):
                (tmp_path / "a").write_text("x")
            if again:
                (tmp_path / "a").write_text("x")
            else:
                with pytest.raises(OSError, match="No space"):
                    (tmp_path / "b").write_text("x")
            (tmp_path / "a").read_text()


def test_short_write_is_continued(tmp_path: Path) -> None:
    with injected(Injector(tmp_path, 1, "short")) as injector:
        (tmp_path / "a").write_bytes(b"0123456789" * 1000)
    assert (tmp_path / "a").read_bytes() == b"0123456789" * 1000
    assert [one.kind for one in injector.operations] == ["create", "write", "write"]


def test_short_read_is_continued(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789" * 1000)
    with injected(Injector(tmp_path, 1, "short")), (tmp_path / "a").open("rb") as file:
        assert file.read(7000) == (b"0123456789" * 1000)[:7000]


@pytest.mark.parametrize("at", [0, 1])
def test_kill_ends_the_process_and_leaves_half_of_a_write(tmp_path: Path, at: int) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.faults.injection import Injector, injected\n"
        "root = Path(sys.argv[1])\n"
        f"with injected(Injector(root, {at}, 'kill')): (root / 'a').write_bytes(b'x' * 100)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    found = tmp_path / "a"
    assert (found.stat().st_size if found.exists() else None) == (None, 50)[at]


def test_safetensors_fails_with_its_own_error_after_half_of_the_file(tmp_path: Path) -> None:
    tensors = {"a": torch.ones(100)}
    save_file(tensors, tmp_path / "whole")
    with injected(Injector(tmp_path, 0, "EIO")), pytest.raises(SafetensorError, match="os error 5"):
        save_file(tensors, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with (
        injected(Injector(tmp_path, 1, "ENOSPC")),
        pytest.raises(SafetensorError, match=r"No space.*os error 28"),
    ):
        save_file(tensors, tmp_path / "half")
    assert (tmp_path / "half").stat().st_size == (tmp_path / "whole").stat().st_size // 2
    with injected(Injector(tmp_path, 0, "EACCES")), pytest.raises(PermissionError):
        load_file(tmp_path / "whole")


def test_h5py_fails_when_the_file_is_opened_and_when_it_is_closed(tmp_path: Path) -> None:
    def write(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file["a"] = [1.0] * 1000

    write(tmp_path / "whole")
    with injected(Injector(tmp_path, 0, "EMFILE")), pytest.raises(OSError, match="Too many open files"):
        write(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with injected(Injector(tmp_path, 1, "ENOSPC")), pytest.raises(RuntimeError, match="errno = 28"):
        write(tmp_path / "half")
    assert (tmp_path / "half").stat().st_size == (tmp_path / "whole").stat().st_size // 2


def test_faults_name_errors_of_the_system() -> None:
    for faults in FAULTS.values():
        assert all(fault in {"short", "kill"} or hasattr(errno, fault) for fault in faults)


def test_operations_of_a_kind_are_counted_by_themselves(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    with injected(Injector(tmp_path, 1, "EIO", "mkdir")) as injector:
        (tmp_path / "b").mkdir()
        (tmp_path / "a").read_bytes()
        with pytest.raises(OSError, match="Input/output error"):
            (tmp_path / "c").mkdir()
        (tmp_path / "d").mkdir()
    assert injector.injected


def test_operations_of_the_thread_that_writes_snapshots_are_counted_apart(tmp_path: Path) -> None:
    def write(name: str) -> None:
        (tmp_path / name).write_text("x")

    injector = Injector(tmp_path, 1, "EIO", "create", background=True)
    with injected(injector):
        for name in "ab":
            write(name)
        failed: list[OSError] = []

        def in_background() -> None:
            try:
                write("c")
                write("d")
            except OSError as error:
                failed.append(error)

        thread = threading.Thread(target=in_background, name=BACKGROUND)
        thread.start()
        thread.join()
    assert [one.path for one in injector.operations if one.background and one.kind == "create"] == ["c", "d"]
    assert [Path(error.filename).name for error in failed] == ["d"]
    assert injector.injected
