"""``layerzoo zoo``: the model zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from layerzoo.cli import flags, gflags
from layerzoo.cli.entries import facts_of, is_whole, results_text, show
from layerzoo.disk import decimal_size

_from = gflags.flag(
    "from",
    to="stores",
    metavar="STORE,...",
    callback=flags.words,
    default="",
    help="Stores to search: URLs, folders or names in zoo.toml; default: all configured stores.",
)
_signed = gflags.switch("signed", help="Accept only entries signed by a key in trusted_keys.")


@gflags.group("Zoo")
def command() -> None:
    """List, download, publish and verify nets of the model zoo.

    \b
      layerzoo zoo ls
      layerzoo zoo search "digits accuracy>0.98"
      layerzoo zoo get lenet-digits -from https://models.example.org/zoo
      layerzoo zoo publish snapshots/lenet.run -name lenet

    Stores are configured in zoo.toml in LAYERZOO_HOME, in LAYERZOO_STORES, or by -from; LAYERZOO_OFFLINE=1
    disables them.
    """


@command.command("list")
def list_() -> None:
    """List the entries of the local zoo and those that come with Layerzoo."""
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    own, shipped = zoo.entries(), zoo.shipped_entries()
    if not own:
        click.echo(f"the zoo is empty ({zoo.root}); layerzoo train … -publish NAME publishes a net")
    show(own)
    if shipped:
        click.echo("part of Layerzoo:")
        show(shipped)


command.add_command(list_, "ls")


@command.command("search")
@click.argument("query", nargs=-1)
@_from
def search(query: tuple[str, ...], stores: tuple[str, ...]) -> None:
    """Search the local zoo and the stores.

    A QUERY consists of words and comparisons, such as "digits accuracy>0.98".
    """
    from layerzoo.errors import ZooError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.fetch import listing
    from layerzoo.zoo.index import Row
    from layerzoo.zoo.index import search as matching
    from layerzoo.zoo.remotes import offline, remotes

    zoo = LocalZoo()
    here = [Row.of(entry) for entry in (*zoo.entries(), *zoo.shipped_entries()) if is_whole(entry)]
    rows = [("here", row) for row in matching(here, " ".join(query))]
    for remote in [] if offline() else remotes(stores):
        try:
            rows += [(remote.name, row) for row in matching(listing(remote), " ".join(query))]
        except ZooError as error:
            click.echo(str(error), err=True)
    for where, row in rows:
        size, results = decimal_size(row.size), results_text(row.results)
        click.echo(f"{row.address:<26} {size:>9}  {where:<20} {results}".rstrip())
    if not rows:
        click.echo("no entry matches", err=True)


@command.command("info")
@click.argument("name", shell_complete=flags.entry_names)
def info(name: str) -> None:
    """Show the facts and files of an entry."""
    from layerzoo.zoo import LocalZoo

    entry = LocalZoo().get(name)
    for key, value in facts_of(entry):
        click.echo(f"{key:<14}{value}")
    click.echo("files")
    for file, facts in entry.files.items():
        click.echo(f"  {file:<24}{decimal_size(facts.size):>10}  {facts.sha256[:16]}")


@command.command("get")
@click.argument("names", nargs=-1, metavar="NAME[@REVISION]...")
@_from
@_signed
@gflags.switch("lock", help="Pin the downloaded entries in zoo.lock in the working folder.")
def get(names: tuple[str, ...], stores: tuple[str, ...], signed: bool, lock: bool) -> None:
    """Download entries from a store.

    Without a NAME all entries pinned in zoo.lock are downloaded. Classic nets of Caffe's zoo (squeezenet,
    vgg-16, …) that no store has are downloaded from their publisher, checked and converted.
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.get import get as fetch
    from layerzoo.zoo.pins import pin, read_pins

    zoo = LocalZoo()
    wanted = names or tuple(read_pins(zoo.pins))
    if not wanted:
        raise UsageError(f"no entry given, and {zoo.pins} pins none; name an entry")
    for name in wanted:
        with DownloadBars() as bars:
            entry = fetch(name, zoo, stores=stores, signed=signed, progress=bars.show)
        if lock:
            pin(zoo.pins, entry)
        click.echo(f"{entry.address}  {decimal_size(entry.size)}  {entry.path}")


@command.command("add")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...", type=click.Path(path_type=Path))
def add(folders: tuple[Path, ...]) -> None:
    """Copy entries into the local zoo from folders written by zoo export."""
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.push import add as copy

    for folder in folders:
        entry = copy(folder, LocalZoo())
        click.echo(f"{entry.address}  {entry.path}")


@command.command("publish")
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@gflags.flag("name", metavar="NAME", required=True, help="Name of the entry.")
@gflags.flag("title", help="Title; default: the name.")
@gflags.flag("description", help="Description: one or two sentences.")
@gflags.flag("license", to="licence", metavar="SPDX", help="Licence, e.g. BSD-2-Clause.")
@gflags.flag("tags", metavar="TAG,...", callback=flags.words, default="", help="Words for zoo search.")
@gflags.flag("labels", metavar="FILE", type=click.Path(path_type=Path), help="Class names, one per line.")
@gflags.flag("command", to="made_by", help="The command that trained the net, for the card.")
@gflags.switch("caffemodel", help="Add the weights as a .caffemodel.")
@gflags.switch("last", help="Publish the last weights, even if earlier ones tested better.")
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
    last: bool,
) -> None:
    """Publish a run in the local zoo, with the weights of its best test.

    RUN is the folder that training writes, <snapshot_prefix>.run.
    """
    from layerzoo.zoo import publish_run

    facts = {"title": title, "description": description, "license": licence, "tags": list(tags)}
    facts["command"] = made_by
    facts = {key: value for key, value in facts.items() if value}
    entry = publish_run(run, name, labels=labels, facts=facts, caffemodel=caffemodel, last=last)
    click.echo(f"published as {entry.address}  {entry.path}")


@command.command("import")
@click.argument("path", metavar="FOLDER|WEIGHTS", type=click.Path(path_type=Path))
@gflags.flag("name", metavar="NAME", required=True, help="Name of the entry.")
@gflags.flag(
    "model", metavar="FILE", type=click.Path(path_type=Path), help="The net, if it is not in the folder."
)
@gflags.flag("labels", metavar="FILE", type=click.Path(path_type=Path), help="Class names, one per line.")
@gflags.flag("mean", metavar="FILE|V,...", help="Mean image (.binaryproto, .npy), or a value per channel.")
@gflags.flag("scale", metavar="X", type=float, help="Factor on pixel values, after the mean.")
@gflags.flag(
    "resize", metavar="N", type=click.IntRange(min=1), help="Resize images to N x N before cropping."
)
@gflags.flag("license", to="licence", metavar="SPDX", help="Licence; default: that of the readme.")
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
    """Import a net in the format of Caffe's zoo.

    \b
      layerzoo zoo import models/bvlc_alexnet -name my-alexnet
      layerzoo zoo import lenet_iter_9000.caffemodel -model lenet.prototxt \\
        -scale 0.00390625 -name lenet-mnist

    FOLDER has a prototxt, a .caffemodel or .h5, and optionally a mean image, class names, and a readme whose
    front matter gives caffemodel_url and sha1, from which missing weights are downloaded and checked.
    """
    from layerzoo.cli.downloads import DownloadBars
    from layerzoo.errors import UsageError
    from layerzoo.loader import find_config
    from layerzoo.zoo.caffe_entry import CaffeEntry, import_caffe, look_into

    caffe_entry = look_into(path) if path.is_dir() else CaffeEntry(weights=path)
    if model:
        caffe_entry.net = find_config(model)
    caffe_entry.labels = labels or caffe_entry.labels
    prepared: dict[str, Any] = {"scale": scale, "size": [resize, resize] if resize else None}
    if mean and Path(mean).suffix in {".binaryproto", ".npy"}:
        caffe_entry.mean = Path(mean)
    elif mean:
        try:
            prepared["mean_value"] = [float(value) for value in mean.split(",")]
        except ValueError:
            raise UsageError(f"-mean {mean}: expected a .binaryproto or .npy file, or numbers") from None
    with DownloadBars() as bars:
        entry = import_caffe(
            caffe_entry,
            name,
            origin=str(path.absolute()),
            preprocessing=prepared,
            facts={"license": licence},
            progress=bars.show,
        )
    click.echo(f"imported as {entry.address}  {entry.path}")


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=flags.entry_names)
@_signed
@flags.allow_python
def verify(names: tuple[str, ...], signed: bool) -> int:
    """Verify hashes, signatures and sample outputs of entries.

    Without a NAME all entries are verified.
    """
    from layerzoo.errors import LayerzooError
    from layerzoo.zoo import LocalZoo, load
    from layerzoo.zoo.entry import DEPLOY
    from layerzoo.zoo.signing import check_signature

    zoo = LocalZoo()
    entries = [zoo.get(name) for name in names] or [*zoo.entries(), *zoo.shipped_entries()]
    failures = 0
    for entry in entries:
        try:
            entry.verify()
            signer = check_signature(entry, required=signed)
            if DEPLOY in entry:
                load(entry)
        except LayerzooError as error:
            failures += 1
            click.echo(f"{entry.address:<26} BAD  {error}")
        else:
            click.echo(f"{entry.address:<26} ok{f'  signed by {signer}' if signer else ''}")
    return 1 if failures else 0


@command.command("export")
@click.argument("name", shell_complete=flags.entry_names)
@gflags.flag(
    "to", metavar="FOLDER", required=True, type=click.Path(path_type=Path), help="The folder to write."
)
@flags.allow_python
def export(name: str, to: Path) -> None:
    """Copy an entry to a folder, for zoo add elsewhere."""
    import shutil

    from layerzoo.atomic import atomic_path
    from layerzoo.errors import ZooError
    from layerzoo.zoo import LocalZoo

    entry = LocalZoo().get(name)
    entry.verify()
    if to.exists():
        raise ZooError(f"{to} already exists; name another folder with -to")
    with atomic_path(to) as folder:
        shutil.copytree(entry.path, folder)
    click.echo(f"{entry.address}  {to}")


@command.command("rm")
@click.argument("names", nargs=-1, required=True, metavar="NAME@VERSION...", shell_complete=flags.entry_names)
@gflags.switch("all", to="whole", help="Remove all versions of a NAME without a version.")
def rm(names: tuple[str, ...], whole: bool) -> None:
    """Remove entries from the local zoo.

    Version numbers are not reused.
    """
    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo

    zoo = LocalZoo()
    for name in names:
        if "@" not in name and not whole:
            raise UsageError(f"'{name}' has no version; write {name}@VERSION, or -all for all versions")
        for entry in zoo.versions(name) if "@" not in name else [zoo.get(name)]:
            zoo.remove(entry)
            click.echo(f"removed {entry.address}")
    zoo.prune()


@command.command("prune")
def prune() -> None:
    """Delete files that no entry uses, and incomplete downloads."""
    from layerzoo.zoo import LocalZoo

    click.echo(f"freed {decimal_size(LocalZoo().prune())}")


@command.command("push")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=flags.entry_names)
@gflags.flag("to", metavar="STORE", required=True, help="A folder, a writable URL, or a name in zoo.toml.")
def push(names: tuple[str, ...], to: str) -> None:
    """Upload entries to a store.

    A STORE is a folder, s3://…, hf://…, another URL that fsspec can write to, or a name in zoo.toml.
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
    "port",
    metavar="N",
    type=click.IntRange(0, 65535),
    default=8400,
    show_default=True,
    help="Port; 0: any free port.",
)
@gflags.flag("token_env", metavar="NAME", help="Environment variable with the token that clients must send.")
def serve(port: int, token_env: str | None) -> None:
    """Serve the local zoo over HTTP.

    Only this machine can connect: with a browser, or layerzoo zoo get NAME -from http://127.0.0.1:8400.
    """
    import os

    from layerzoo.errors import UsageError
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.server import ZooServer

    token = os.environ.get(token_env, "") if token_env else ""
    if token_env and not token:
        raise UsageError(f"-token_env {token_env}: the variable is not set or empty")
    with ZooServer(LocalZoo(), port, token) as server:
        click.echo(f"serving {server.zoo.root} at {server.url}; Ctrl-C stops")
        server.serve_until_interrupted()
    click.echo("stopped")


@command.command("keygen")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
def keygen(path: Path) -> None:
    """Create a key pair for signing.

    FILE is the private key; FILE.pub is the public key, for others' trusted_keys.
    """
    from layerzoo.zoo.signing import make_key

    click.echo(make_key(path))


@command.command("sign")
@click.argument("name", shell_complete=flags.entry_names)
@gflags.flag("key", metavar="FILE", required=True, type=click.Path(path_type=Path), help="The private key.")
def sign(name: str, key: Path) -> None:
    """Sign an entry with a private key."""
    from layerzoo.zoo import LocalZoo
    from layerzoo.zoo.signing import sign as sign_entry

    entry = LocalZoo().get(name)
    click.echo(f"{entry.address} is signed by {sign_entry(entry, key)}")
