"""What is interrupted: commands over small folders, each with the state before it and the checks after it."""

from __future__ import annotations

import json
import os
import re
import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from layerzoo.atomic import TEMPORARY
from layerzoo.home import PACKAGE
from tests.fuzz.readers.seeds import NET

COMPLETE = "complete"


class Scenario(ABC):
    """A command and its folder.

    Attributes:
        name: its name on the command line.
        beside: words in the paths of files that stand beside the result: if they fail, the command goes on.
        limits: sizes in bytes that no file may exceed (RLIMIT_FSIZE): the system makes writes in native code
            fail too.
        http: whether the folder ``store`` is served over HTTP, at the URL in ``FAULTS_STORE``.
        drops_after: bytes of an answer after which that server drops the connection; 0 for never.
        once: whether the command refuses to replace its result.
    """

    name: str
    beside: tuple[str, ...] = ()
    limits: tuple[int, ...] = (0, 100, 1000, 5000)
    http: bool = False
    drops_after: int = 0
    once: bool = False

    @abstractmethod
    def prepare(self, root: Path) -> None:
        """Create the state before the command."""

    @abstractmethod
    def command(self, root: Path) -> list[str]:
        """The arguments of ``layerzoo``."""

    @abstractmethod
    def intact(self, root: Path) -> list[str]:
        """What is lost or half there after an interruption, with no fault any more; empty if nothing is."""

    @abstractmethod
    def result(self, root: Path) -> object:
        """The result of the command once it has completed; equal after every rerun."""


def layerzoo(*arguments: str) -> int:
    """Run a command line in this process."""
    from layerzoo.cli.main import main

    return main(list(arguments))


class Training(Scenario):
    """A run that trains, tests, takes snapshots in the native format and Caffe's, and deletes old ones.

    Args:
        name: see `Scenario`.
        form: ``snapshot_format``.
        resumed: it goes on from a snapshot of an earlier part.
    """

    beside = ("log.txt", "metrics.jsonl", "best.json")

    def __init__(self, name: str, form: str, resumed: bool) -> None:
        self.name, self.form, self.resumed = name, form, resumed

    def prepare(self, root: Path) -> None:
        """Write the solver; for a resumed run, train its first part."""
        (root / "net.prototxt").write_text(
            NET.replace('type: "constant" value: 1', 'type: "gaussian" std: 1')
        )
        (root / "solver.prototxt").write_text(
            f'net: "net.prototxt" base_lr: 0.1 lr_policy: "fixed" momentum: 0.9 display: 1 random_seed: 7\n'
            f"max_iter: 4 snapshot: 1 test_iter: 1 test_interval: 2 solver_mode: CPU\n"
            f"snapshot_format: {self.form}\n"
            f'snapshot_prefix: "{root / "run"}" keep_param {{ last: 1 best: 1 }}\n'
        )
        if self.resumed:
            assert layerzoo("train", "-solver", str(root / "solver.prototxt"), "-set", "max_iter=2") == 0

    def command(self, root: Path) -> list[str]:
        """Train, from the newest snapshot if there is one."""
        return ["train", "-solver", str(root / "solver.prototxt"), "-snapshot", "auto"]

    def intact(self, root: Path) -> list[str]:
        """A resumed run still has a snapshot, and what has the name of a snapshot is whole."""
        from layerzoo.errors import SnapshotError
        from layerzoo.snapshot import find_newest, list_snapshots, verify_snapshot

        newest = find_newest(root / "run.run")
        lost = ["the snapshot that it resumed from is lost"] if self.resumed and newest is None else []
        for _, path in list_snapshots(root / "run.run"):
            try:
                verify_snapshot(path)
            except SnapshotError as error:
                lost.append(str(error))
        return lost

    def result(self, root: Path) -> object:
        """The weights, history and iteration of the last snapshot, and Caffe's files."""
        from layerzoo.snapshot import find_newest, read_snapshot, read_state
        from layerzoo.weights import read

        newest = find_newest(root / "run.run")
        if newest is None:
            return "no snapshot"
        snapshot = read_snapshot(newest)
        suffix = ".h5" if self.form == "HDF5" else ""
        files = [
            root / f"run_iter_{snapshot.iteration}.{kind}{suffix}" for kind in ("caffemodel", "solverstate")
        ]
        missing = [file.name for file in files if not file.exists()]
        if missing:
            return f"no {', '.join(missing)}"
        stored = read(files[0])
        state = read_state(files[1])
        return (
            snapshot.iteration,
            {name: [blob.tolist() for blob in blobs] for name, blobs in snapshot.weights.items()},
            [blob.tolist() for blob in snapshot.history],
            {name: [blob.flatten().tolist() for blob in blobs] for name, blobs in stored.items()},
            [blob.flatten().tolist() for blob in state.history],
            leftovers(root),
        )


class PricedTraining(Training):
    """A resumed run that records what each of its starts has cost, with one more line each time."""

    beside = (*Training.beside, "cost.jsonl")

    def __init__(self) -> None:
        super().__init__("price", "BINARYPROTO", True)

    def prepare(self, root: Path) -> None:
        """As a resumed run, with a price."""
        super().prepare(root)
        with (root / "solver.prototxt").open("a") as file:
            file.write("price_per_hour: 3600\n")
        assert layerzoo("train", "-solver", str(root / "solver.prototxt"), "-snapshot", "auto",
                        "-set", "max_iter=3") == 0  # fmt: skip

    def intact(self, root: Path) -> list[str]:
        """Also the cost of the first part is still there, and each line of the costs is whole."""
        from layerzoo.runs.cost import COSTS, costs_of

        lines = (root / "run.run" / COSTS).read_bytes().splitlines()
        costs = costs_of(root / "run.run")
        lost = [] if costs and costs[0].iterations == 1 else ["the cost of the first part is lost"]
        # a write that a power cut has ended leaves the start of a line; the next start ends it
        cut = len(lines) - len(costs)
        return [*super().intact(root), *lost, *([f"{cut} lines of costs are cut"] if cut > 1 else [])]

    def result(self, root: Path) -> object:
        """Also the iterations of the first part; one that a kill has ended has no line."""
        from layerzoo.runs.cost import costs_of

        return super().result(root), [cost.iterations for cost in costs_of(root / "run.run")][:1]


class WritingJob(Scenario):
    """A job file of a cluster that takes the place of an older one."""

    name = "launch"

    def prepare(self, root: Path) -> None:
        """Write the solver, its net and an older job file."""
        Training("", "BINARYPROTO", False).prepare(root)
        assert layerzoo(*self._words(root), "-machines", "1", *self._train(root)) == 0

    def command(self, root: Path) -> list[str]:
        """Write the job of two machines."""
        return [*self._words(root), "-machines", "2", *self._train(root)]

    def intact(self, root: Path) -> list[str]:
        """The older job file or the new one is there, whole."""
        text = (root / "job.sbatch").read_text()
        whole = re.findall(r"--nodes=(\d)", text) in (["1"], ["2"]) and text.endswith('exit "$code"\n')
        return [] if whole else [f"the job file is cut: {text[-200:]!r}"]

    def result(self, root: Path) -> object:
        """The job file; in a folder of the user's what a kill leaves, under a hidden name, is left alone."""
        return (root / "job.sbatch").read_text()

    def _words(self, root: Path) -> list[str]:
        return ["launch", "slurm", "-out", str(root / "job.sbatch")]

    def _train(self, root: Path) -> list[str]:
        return ["--", "train", "-solver", str(root / "solver.prototxt")]


class Copying(Scenario):
    """A shipped config that is copied with what it refers to."""

    name = "copy"

    def prepare(self, root: Path) -> None:
        """Nothing: the folder is made."""

    def command(self, root: Path) -> list[str]:
        """Copy a solver with its net, a file of blocks and texts; what stands there already is kept."""
        return ["copy", "configs/char_transformer_solver.yaml", str(root / "mine")]

    def intact(self, root: Path) -> list[str]:
        """A file that has its name is whole."""
        whole = self._sizes(PACKAGE / "configs")
        parts = [
            name
            for name, size in self._sizes(root / "mine").items()
            if not name.endswith(TEMPORARY) and size < whole[name]
        ]
        return [f"{name} is cut" for name in parts]

    def result(self, root: Path) -> object:
        """The files and their contents."""
        files = {path for path in (root / "mine").rglob("*") if path.is_file() and path.suffix != TEMPORARY}
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(files)}

    @staticmethod
    def _sizes(folder: Path) -> dict[str, int]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.stat().st_size for path in files}


class Publishing(Scenario):
    """A run that is published as the second version of an entry."""

    name = "publish"

    def prepare(self, root: Path) -> None:
        """Train a run and publish it once."""
        training = Training("", "BINARYPROTO", False)
        training.prepare(root)
        assert layerzoo(*training.command(root)) == 0
        assert layerzoo(*self.command(root)) == 0

    def command(self, root: Path) -> list[str]:
        """Publish the run."""
        return ["zoo", "publish", str(root / "run.run"), "-name", "small"]

    def intact(self, root: Path) -> list[str]:
        """Each listed entry is whole, the first version among them."""
        return entry_faults(root, at_least=1)

    def result(self, root: Path) -> object:
        """The files of the newest entry; its version is 3 if 2 was begun, since no version is used twice."""
        from layerzoo.zoo import LocalZoo

        newest = LocalZoo(root / "home").entries()[-1]
        assert newest.version in {2, 3}
        files = {name: facts for name, facts in newest.files.items() if name != "README.md"}
        return files, newest.faults()


class Downloading(Scenario):
    """An entry that is downloaded from a store.

    Args:
        name: see `Scenario`.
        http: the store is a server; otherwise a folder.
    """

    def __init__(self, name: str, http: bool) -> None:
        self.name, self.http = name, http

    def prepare(self, root: Path) -> None:
        """Publish two versions elsewhere and push them to a store; the first is downloaded already."""
        away = root.parent / f"{root.name}-away"
        away.mkdir()
        publishing = Publishing()
        os.environ["LAYERZOO_HOME"] = str(away / "home")
        publishing.prepare(away)
        assert layerzoo("zoo", "push", "small@1", "-to", str(root / "store")) == 0
        os.environ["LAYERZOO_HOME"] = str(root / "home")
        assert layerzoo("zoo", "get", "small", "-from", str(root / "store")) == 0
        os.environ["LAYERZOO_HOME"] = str(away / "home")
        assert layerzoo(*publishing.command(away)) == 0
        assert layerzoo("zoo", "push", "small@2", "-to", str(root / "store")) == 0
        os.environ["LAYERZOO_HOME"] = str(root / "home")
        shutil.rmtree(away)

    def command(self, root: Path) -> list[str]:
        """Download the second version."""
        return ["zoo", "get", "small@2", "-from", os.environ.get("FAULTS_STORE", str(root / "store"))]

    def intact(self, root: Path) -> list[str]:
        """Each listed entry is whole, the first version among them."""
        return entry_faults(root, at_least=1)

    def result(self, root: Path) -> object:
        """The files of the second version."""
        from layerzoo.zoo import LocalZoo

        entry = LocalZoo(root / "home").get("small@2", shipped=False)
        return dict(entry.files), entry.faults()


class Pushing(Downloading):
    """An entry that is uploaded to a store in a folder."""

    def __init__(self) -> None:
        super().__init__("push", False)

    def prepare(self, root: Path) -> None:
        """As for a download, after which the store loses its second version."""
        super().prepare(root)
        assert layerzoo(*super().command(root)) == 0
        shutil.rmtree(root / "store")
        assert layerzoo("zoo", "push", "small@1", "-to", str(root / "store")) == 0

    def command(self, root: Path) -> list[str]:
        """Upload the second version."""
        return ["zoo", "push", "small@2", "-to", str(root / "store")]

    def intact(self, root: Path) -> list[str]:
        """The index lists the first version, and every entry that it lists can be downloaded."""
        from layerzoo.zoo.index import parse_index

        rows = parse_index((root / "store" / "index.json").read_bytes(), "store")
        faults = [] if "small@1" in [row.address for row in rows] else ["the index lacks the first version"]
        for row in rows:
            os.environ["LAYERZOO_HOME"] = str(root / f"check-{row.version}")
            if layerzoo("zoo", "get", row.address, "-from", str(root / "store")):
                faults.append(f"{row.address} is listed and can't be downloaded")
            shutil.rmtree(root / f"check-{row.version}", ignore_errors=True)
        os.environ["LAYERZOO_HOME"] = str(root / "home")
        return faults

    def result(self, root: Path) -> object:
        """The index."""
        return json.loads((root / "store" / "index.json").read_bytes()), leftovers(root / "store")


def entry_faults(root: Path, at_least: int) -> list[str]:
    """Faults of the user's entries, and missing ones."""
    from layerzoo.zoo import LocalZoo

    entries = LocalZoo(root / "home").entries()
    faults = [f"{entry.address}: {fault}" for entry in entries for fault in entry.faults()]
    if len(entries) < at_least:
        faults.append(f"only {len(entries)} entries are left")
    return faults


def leftovers(root: Path) -> list[str]:
    """Files of interrupted writes that a completed command has not removed."""
    return sorted(
        str(path.relative_to(root)) for path in root.rglob("*") if path.name.endswith((".part", ".replaced"))
    )
