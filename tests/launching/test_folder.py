"""What a launch and its processes tell each other."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from layerzoo.launching.folder import VARIABLE, LaunchFolder


def test_folder_is_that_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert LaunchFolder.current() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert LaunchFolder.current() == LaunchFolder(tmp_path)


def test_words_come_back_as_they_are(tmp_path: Path) -> None:
    words = ["train", "-set=net.let.x=${local_rank}", "a b", "ü", "$$", ""]
    LaunchFolder(tmp_path).write_words(words)
    assert LaunchFolder(tmp_path).words() == words


def test_attempt_forgets_exit_codes_and_keeps_what_had_begun(tmp_path: Path) -> None:
    folder = LaunchFolder(tmp_path)
    assert folder.attempt() == (0, "")
    folder.write_attempt(0, "")
    assert (folder.code(1), folder.has_begun(1), folder.begun_prefix([1])) == (None, False, None)
    folder.write_begun(1, "/runs/r")
    folder.reserve_code(1)
    folder.write_code(1, 4)
    assert (folder.code(1), folder.has_begun(1), folder.begun_prefix([1])) == (4, True, "/runs/r")
    assert folder.code(0) is None
    folder.write_attempt(1, "process 1 was killed")
    assert folder.attempt() == (1, "process 1 was killed")
    assert (folder.code(1), folder.has_begun(1), folder.begun_prefix([1])) == (None, False, "/runs/r")
    assert folder.begun_prefix([0]) is None
    folder.write_attempt(2, "the launch was killed", "/runs/other")  # as another machine says
    assert folder.begun_prefix([0]) == "/runs/other"
    assert folder.begun_prefix([0, 1]) == "/runs/r"


def test_last_words_are_those_of_the_newest_attempt(tmp_path: Path) -> None:
    folder = LaunchFolder(tmp_path)
    assert folder.last_words(1) == []
    log = tmp_path / "logs" / "layerzoo_x" / "attempt_0" / "1"
    log.mkdir(parents=True)
    (log / "stderr.log").write_bytes(b"one\n\n two\n\xff three\n")
    assert folder.last_words(1, 2) == [" two", "\ufffd three"]
    assert folder.last_words(0) == []


def test_lost_is_of_this_attempt(tmp_path: Path) -> None:
    folder = LaunchFolder(tmp_path)
    folder.write_attempt(0, "")
    assert folder.lost(0) is None
    folder.write_lost(0, "another of the processes has ended")
    assert folder.lost(0) == "another of the processes has ended"
    assert folder.lost(1) is None
    folder.write_attempt(1, "")
    assert folder.lost(0) is None


def test_full_disk_does_not_end_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = LaunchFolder(tmp_path)
    folder.reserve_code(0)
    assert folder.code(0) is None

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with caplog.at_level("WARNING", "layerzoo"):
        folder.write_code(0, 75)
        folder.write_code(1, 3)
        folder.write_begun(0, "/runs/r")
        folder.write_lost(0, "the connection is lost")
    assert [record.getMessage() for record in caplog.records] == [
        f"can't write to the temporary folder '{tmp_path}' (No space left on device); training goes on, but "
        "after a restart it may begin anew; free space there, or set TMPDIR to a folder on another disk"
    ]
    assert folder.code(0) == 75, "room was reserved for it"
    assert folder.begun_prefix([0]) is None
    with pytest.raises(OSError, match="No space left"):  # nothing can begin
        folder.write_words(["train"])
