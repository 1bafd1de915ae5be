"""``layerzoo zoo``: the model zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from layerzoo.cli import flags, gflags
from layerzoo.cli.entries import facts_of, is_whole, results_text, show, size_text

_from = gflags.flag(
    "from",
    to="stores",
    metavar="STORE,...",
    callback=flags.words,
    default="",
    help="Where to look: a URL, a folder, or a name of zoo.toml; else all stores that are configured.",
)
_signed = gflags.switch("signed", help="Take nothing without the signature of someone in trusted_keys.")


@gflags.group("Zoo")
def command() -> None:
    """Find, fetch, publish and check nets of the model zoo.

    \b
      layerzoo zoo ls
      layerzoo zoo search "digits accuracy>0.98"
      layerzoo zoo get lenet-digits -from https://models.example.org/zoo
      layerzoo zoo publish snapshots/lenet.run -name lenet

    Stores are named in zoo.toml in LAYERZOO_HOME, in LAYERZOO_STORES, or by -from; LAYERZOO_OFFLINE=1
    asks none of them.
    """


@command.command("list")
def list_() -> None:
    """List what the local zoo holds, and what comes with Layerzoo."""
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    own, shipped = zoo.entries(), zoo.shipped_entries()
    if not own:
        click.echo(f"the zoo is empty ({zoo.root}); layerzoo train … -publish NAME puts something there")
    show(own)
    if shipped:
        click.echo("with Layerzoo come:")
        show(shipped)


command.add_command(list_, "ls")


@command.command("search")
@click.argument("query", nargs=-1)
@_from
def search(query: tuple[str, ...], stores: tuple[str, ...]) -> None:
    """Search the local zoo and the stores.

    A QUERY is words and comparisons, such as "digits accuracy>0.98".
    """
    from layerzoo.errors import ZooError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.fetch import listing
    from layerzoo.zoo.index import Row
    from layerzoo.zoo.index import search as fitting
    from layerzoo.zoo.remotes import offline, remotes

    zoo = LocalZoo()
    here = [Row.of(entry) for entry in (*zoo.entries(), *zoo.shipped_entries()) if is_whole(entry)]
    found = [("here", row) for row in fitting(here, " ".join(query))]
    for remote in [] if offline() else remotes(stores):
        try:
            found += [(remote.name, row) for row in fitting(listing(remote), " ".join(query))]
        except ZooError as error:
            click.echo(str(error), err=True)
    for where, row in found:
        click.echo(
            f"{row.address:<26} {size_text(row.size):>9}  {where:<20} {results_text(row.results)}".rstrip()
        )
    if not found:
        click.echo("nothing fits", err=True)


@command.command("info")
@click.argument("name")
def info(name: str) -> None:
    """Show what an entry is, how it was made and what it holds."""
    from layerzoo.zoo import LocalZoo

    entry = LocalZoo().get(name)
    for key, value in facts_of(entry):
        click.echo(f"{key:<14}{value}")
    click.echo("files")
    for file, facts in entry.files.items():
        click.echo(f"  {file:<24}{size_text(facts.size):>10}  {facts.sha256[:16]}")


@command.command("get")
@click.argument("names", nargs=-1, metavar="NAME[@REVISION]...")
@_from
@_signed
@gflags.switch("lock", help="Pin what was got in zoo.lock, in the working folder.")
def get(names: tuple[str, ...], stores: tuple[str, ...], signed: bool, lock: bool) -> None:
    """Fetch entries from a store.

    Without a NAME it fetches all that zoo.lock pins. A classic of Caffe's zoo that no store has (squeezenet,
    vgg-16, …) comes from where it was published, is checked and converted.
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.get import get as fetch
    from layerzoo.zoo.pins import pin, read_pins

    zoo = LocalZoo()
    wanted = names or tuple(read_pins(zoo.pins))
    if not wanted:
        raise UsageError(f"name an entry; there is no {zoo.pins} that pins any")
    for name in wanted:
        with DownloadBars() as bars:
            entry = fetch(name, zoo, stores=stores, signed=signed, progress=bars.show)
        if lock:
            pin(zoo.pins, entry)
        click.echo(f"{entry.address}  {size_text(entry.size)}  {entry.path}")


@command.command("add")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
def add(folders: tuple[Path, ...]) -> None:
    """Copy entries into the local zoo, from folders as zoo export writes them."""
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.push import add as copy

    for folder in folders:
        entry = copy(folder, LocalZoo())
        click.echo(f"{entry.address}  {entry.path}")


@command.command("publish")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@gflags.flag("name", metavar="NAME", required=True, help="What to publish it as.")
@gflags.flag("title", help="For people; else the name.")
@gflags.flag("description", help="A sentence or two for the card.")
@gflags.flag("license", to="licence", metavar="SPDX", help="E.g. BSD-2-Clause.")
@gflags.flag("tags", metavar="TAG,...", callback=flags.words, default="", help="Words to find it by.")
@gflags.flag(
    "labels", metavar="FILE", type=click.Path(path_type=Path), help="The classes' names, a line each."
)
@gflags.flag("command", to="made_by", help="The command that trained it; else the one that the run knows.")
@gflags.switch("caffemodel", help="Add the weights as Caffe reads them.")
@flags.allow_python
def publish(
    run: Path,
    name: str,
    title: str | None,
    description: str | None,
    licence: str | None,
    tags: tuple[str, ...],
    labels: Path | None,
    made_by: str | None,
    caffemodel: bool,
) -> None:
    """Publish a run.

    RUN is the folder that training leaves, <snapshot_prefix>.run.
    """
    from layerzoo.zoo import publish_run

    facts = {
        "title": title,
        "description": description,
        "license": licence,
        "tags": list(tags),
        "command": made_by,
    }
    given = {key: value for key, value in facts.items() if value}
    entry = publish_run(run, name, labels=labels, facts=given, caffemodel=caffemodel)
    click.echo(f"published as {entry.address}  {entry.path}")


@command.command("import")
@click.argument("path", metavar="FOLDER|WEIGHTS", type=click.Path(path_type=Path))
@gflags.flag("name", metavar="NAME", required=True, help="What to publish it as.")
@gflags.flag("model", metavar="FILE", type=click.Path(path_type=Path), help="The net, if not in the folder.")
@gflags.flag(
    "labels", metavar="FILE", type=click.Path(path_type=Path), help="The classes' names, a line each."
)
@gflags.flag("mean", metavar="FILE|V,...", help="A mean image (.binaryproto, .npy), or a value a channel.")
@gflags.flag("scale", metavar="X", type=float, help="What values are multiplied by after the mean.")
@gflags.flag(
    "resize", metavar="N", type=click.IntRange(min=1), help="Images are resized to N x N, then cropped."
)
@gflags.flag("license", to="licence", metavar="SPDX", help="Its licence, over what the readme says.")
@flags.allow_python
def import_(
    path: Path,
    name: str,
    model: Path | None,
    labels: Path | None,
    mean: str | None,
    scale: float | None,
    resize: int | None,
    licence: str | None,
) -> None:
    """Take in a net in the format of Caffe's zoo.

    \b
      layerzoo zoo import models/bvlc_alexnet -name my-alexnet
      layerzoo zoo import lenet_iter_9000.caffemodel -model lenet.prototxt -scale 0.00390625 -name lenet-mnist

    A folder holds a prototxt, a .caffemodel or .h5, and perhaps a readme whose front matter gives
    caffemodel_url and sha1, a mean image, and the classes; weights that aren't there are fetched and checked.
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.errors import UsageError
    from layerzoo.loader import find_config
    from layerzoo.zoo.caffe_entry import CaffeEntry, import_caffe, look_into

    found = look_into(path) if path.is_dir() else CaffeEntry(weights=path)
    if model:
        found.net = find_config(model)
    found.labels = labels or found.labels
    prepared: dict[str, Any] = {"scale": scale, "size": [resize, resize] if resize else None}
    if mean and Path(mean).suffix in {".binaryproto", ".npy"}:
        found.mean = Path(mean)
    elif mean:
        try:
            prepared["mean_value"] = [float(value) for value in mean.split(",")]
        except ValueError:
            raise UsageError(f"-mean {mean}: neither a .binaryproto nor .npy file nor numbers") from None
    with DownloadBars() as bars:
        entry = import_caffe(
            found,
            name,
            origin=str(path.absolute()),
            preprocessing=prepared,
            facts={"license": licence},
            progress=bars.show,
        )
    click.echo(f"imported as {entry.address}  {entry.path}")


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@_signed
@flags.allow_python
def verify(names: tuple[str, ...], signed: bool) -> int:
    """Check every byte, signature and golden output.

    Of the entries named, or of all.
    """
    from layerzoo.errors import LayerzooError
    from layerzoo.zoo import LocalZoo, load
    from layerzoo.zoo.entry import DEPLOY
    from layerzoo.zoo.signing import check_signature

    zoo = LocalZoo()
    entries = [zoo.get(name) for name in names] or [*zoo.entries(), *zoo.shipped_entries()]
    bad = 0
    for entry in entries:
        try:
            entry.verify()
            signer = check_signature(entry, required=signed)
            if DEPLOY in entry:
                load(entry)
        except LayerzooError as error:
            bad += 1
            click.echo(f"{entry.address:<26} BAD  {error}")
        else:
            click.echo(f"{entry.address:<26} ok{f'  signed by {signer}' if signer else ''}")
    return 1 if bad else 0


@command.command("export")
@click.argument("name")
@gflags.flag("to", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="Where to copy it.")
@flags.allow_python
def export(name: str, to: Path) -> None:
    """Copy an entry's folder out of the zoo, for zoo add elsewhere."""
    import shutil

    from layerzoo.atomic import atomic_path
    from layerzoo.errors import ZooError
    from layerzoo.zoo import LocalZoo

    entry = LocalZoo().get(name)
    entry.verify()
    if to.exists():
        raise ZooError(f"{to} is there already; nothing is overwritten")
    with atomic_path(to) as folder:
        shutil.copytree(entry.path, folder)
    click.echo(f"{entry.address}  {to}")


@command.command("rm")
@click.argument("names", nargs=-1, required=True, metavar="NAME@VERSION...")
@gflags.switch("all", to="whole", help="Take a NAME without a version to mean all of its versions.")
def rm(names: tuple[str, ...], whole: bool) -> None:
    """Remove entries from the local zoo.

    Their version numbers are not used again.
    """
    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    for name in names:
        if "@" not in name and not whole:
            raise UsageError(f"which version of '{name}'? write {name}@VERSION, or -all for every one")
        for entry in zoo.versions(name) if "@" not in name else [zoo.get(name)]:
            zoo.remove(entry)
            click.echo(f"removed {entry.address}")
    zoo.prune()


@command.command("prune")
def prune() -> None:
    """Delete what no entry holds, and what broken downloads left."""
    from layerzoo.zoo import LocalZoo

    click.echo(f"freed {size_text(LocalZoo().prune())}")


@command.command("push")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@gflags.flag("to", metavar="STORE", required=True, help="A folder, a URL that can be written to, or a name.")
def push(names: tuple[str, ...], to: str) -> None:
    """Put entries into a store.

    A STORE is a folder, s3://…, hf://…, another URL that fsspec can write to, or a name of zoo.toml.
    """
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.push import push as put
    from layerzoo.zoo.remotes import remotes

    zoo = LocalZoo()
    for name in names:
        entry = zoo.get(name)
        for store in remotes([to])[0].stores():
            done = put(entry, store)
            click.echo(f"{entry.address} {'->' if done else 'is already in'} {store.url}")


@command.command("serve")
@gflags.flag(
    "port", metavar="N", type=click.IntRange(0, 65535), default=8400, show_default=True, help="0: any."
)
@gflags.flag("token_env", metavar="NAME", help="The variable that holds a token to ask for.")
def serve(port: int, token_env: str | None) -> None:
    """Offer the local zoo over HTTP.

    It is reached from this machine alone: layerzoo zoo get NAME -from http://127.0.0.1:8400.
    """
    import os

    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.server import ZooServer

    token = os.environ.get(token_env, "") if token_env else ""
    if token_env and not token:
        raise UsageError(f"-token_env {token_env}: that variable is empty")
    with ZooServer(LocalZoo(), port, token) as server:
        click.echo(f"serving {server.zoo.root} at {server.url}; Ctrl-C ends it")
        server.serve_forever()


@command.command("keygen")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def keygen(path: Path) -> None:
    """Make a key pair to sign with.

    FILE is the private key; FILE.pub is for others' trusted_keys.
    """
    from layerzoo.zoo.signing import make_key

    click.echo(make_key(path))


@command.command("sign")
@click.argument("name")
@gflags.flag("key", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The private key.")
def sign(name: str, key: Path) -> None:
    """Sign an entry, so that others can tell that it is yours."""
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.signing import sign as vouch

    entry = LocalZoo().get(name)
    click.echo(f"{entry.address} is signed by {vouch(entry, key)}")
