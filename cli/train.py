"""``layerzoo train``: train a net."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from layerzoo.cli import ending, flags, gflags
from layerzoo.cli.distributed import distributed

if TYPE_CHECKING:
    from layerzoo.ranks import Ranks
    from layerzoo.schema import SolverParameter
    from layerzoo.solver import Solver
    from layerzoo.solver.trials.overfit import Overfit

_EFFECTS = click.Choice(["snapshot", "stop", "none"])


@gflags.command("Training")
@gflags.flag("solver", metavar="FILE", help="The solver: prototxt or YAML.")
@flags.weights
@flags.strict
@flags.lenient
@gflags.flag("snapshot", metavar="FILE", help="Resume from a snapshot; auto takes the run's newest.")
@gflags.flag("resume", metavar="auto|FILE", help="The same as -snapshot.")
@gflags.switch(
    "new", help="If snapshot_prefix was used before, start a new run beside it: PREFIX-2, PREFIX-3 and so on."
)
@flags.gpus
@flags.threads
@flags.level
@flags.stage
@flags.overrides
@flags.allow_python
@gflags.flag("publish", metavar="NAME", help="Publish the trained net in the local zoo under this name.")
@gflags.flag(
    "watch",
    metavar="NAME,...",
    callback=flags.words,
    default="",
    help="Log statistics of blobs, params and gradients at each display: conv1,ip2.grad,conv1.weight.",
)
@gflags.switch("tensorboard", help="Write TensorBoard event files to the run's folder.")
@gflags.switch("dry_run", help="Run one step, one test batch and one temporary snapshot; keep nothing.")
@gflags.flag(
    "overfit",
    metavar="N",
    type=click.IntRange(min=1),
    help="Train on the first N batches only, which a correct net can memorise; says whether it did, exit "
    "code 1 if not. Its run is not kept.",
)
@gflags.flag(
    "hashes",
    metavar="FILE",
    help="Write hashes of each batch, loss, param and history blob to FILE, as JSON lines, to compare runs "
    "bit for bit.",
)
@gflags.switch("hash_layers", hidden=True, help="With -hashes: also what each layer computes.")
@gflags.flag(
    "kill_at",
    metavar="N",
    type=click.IntRange(min=0),
    default=0,
    hidden=True,
    help="With -hashes: kill the process after N updates, for verify_resume.",
)
@ending.when_done
@ending.stop_machine
@gflags.switch("deterministic", help="Use only deterministic algorithms; some are slower on a GPU.")
@gflags.flag("sigint_effect", type=_EFFECTS, default="stop", show_default=True, help="Action on Ctrl-C.")
@gflags.flag("sighup_effect", type=_EFFECTS, default="snapshot", show_default=True, help="Action on SIGHUP.")
@distributed
def command(
    *,
    ranks: Ranks,
    solver: str | None,
    weights: tuple[str, ...],
    strict: bool,
    lenient: bool,
    snapshot: str | None,
    resume: str | None,
    new: bool,
    gpu: flags.Gpus,
    level: int,
    stage: tuple[str, ...],
    overrides: tuple[str, ...],
    publish: str | None,
    watch: tuple[str, ...],
    tensorboard: bool,
    dry_run: bool,
    overfit: int | None,
    hashes: str | None,
    hash_layers: bool,
    kill_at: int,
    deterministic: bool,
    sigint_effect: str,
    sighup_effect: str,
) -> int:
    """Train a net with a solver.

    \b
      layerzoo train -solver configs/lenet_solver.yaml
      layerzoo train -solver configs/lenet_solver.yaml -set base_lr=0.02
      layerzoo train -solver configs/lenet_solver.yaml -publish lenet
      layerzoo train -solver configs/lenet_solver.yaml -snapshot auto
      layerzoo train -solver configs/lenet_solver.yaml -new
      layerzoo train -solver configs/lenet_solver.yaml -dry_run

    Ctrl-C takes a snapshot and stops; -snapshot auto resumes from there.

    Several processes train together, each on its own GPU and with batches of batch_size, as in Caffe. Where
    torchrun, srun or a cluster has started them, they join:

    \b
      layerzoo train -solver solver.yaml -gpu 0,1
      layerzoo train -solver solver.yaml -gpu all -restarts 3
      layerzoo train -solver solver.yaml -processes 2
      layerzoo train -solver solver.yaml -gpu all -machines 2 -rendezvous node1:29400
    """
    import logging
    import time

    from layerzoo import streams
    from layerzoo.cli.alike import check_alike
    from layerzoo.cli.cost import CostMeter
    from layerzoo.cli.launched import launched_callbacks, restarted
    from layerzoo.cli.locking import lock_prefix
    from layerzoo.cli.nets import announce, check_publish, device_of, prepare_cpu, required
    from layerzoo.cli.watching import Progress, Summary
    from layerzoo.errors import Fault, UsageError
    from layerzoo.loader import load_solver
    from layerzoo.solver import EFFECTS, Actions, Solver, UnsavedError, check_run
    from layerzoo.solver.config.device import be_deterministic
    from layerzoo.solver.thread_count import newest_snapshot

    log = logging.getLogger("layerzoo")
    actions = Actions(EFFECTS[sigint_effect], EFFECTS[sighup_effect])
    click.get_current_context().with_resource(actions.listening_to_hangups())
    if not dry_run:
        streams.tolerate()  # the result is in the run's folder
    if weights and {snapshot, resume} - {None, "", "auto"}:
        raise UsageError("-snapshot includes the weights; give -weights or -snapshot, not both")
    if new and (snapshot or resume):
        raise UsageError("-new starts a new run and -snapshot resumes an earlier one; give one of them")
    if dry_run and ranks.count > 1:
        raise UsageError("-dry_run runs in one process; leave out -processes, or name one GPU")
    device = device_of(gpu, ranks)
    again = restarted(ranks)
    if again is not None:
        new, snapshot, resume, weights = False, None, "auto", ()
    faults: list[Fault] = []
    document = load_solver(required("solver", solver), overrides, faults=faults)
    if again is not None:
        document.message.snapshot_prefix = again
    for note in document.notes:
        log.info("%s", note)
    check_publish(publish or document.message.publish)
    document.message.watch.extend(watch)
    if tensorboard:
        document.message.tensorboard_param.SetInParent()
    if deterministic:
        be_deterministic()
    if dry_run:
        check_run(document, level, stage, faults, ranks.count)
    if overfit:
        _keep_nothing(document.message, ranks)
    check_alike(document, ranks)
    lock_prefix(document, ranks, new, dry_run)
    trainer = Solver(
        document,
        weights=weights,
        strict=strict,
        lenient=lenient,
        device=device,
        level=level,
        stages=stage,
        actions=actions,
        found=faults,
        ranks=ranks,
    )
    announce(trainer.device)
    if trainer.device.type == "cpu":
        resumed = newest_snapshot(snapshot or resume or "", trainer.run_path) if snapshot or resume else None
        prepare_cpu(trainer.net.graph, trainer.param, resumed)
    if ranks.is_main:
        from layerzoo.data_report.quick import log_quick_check

        log_quick_check([trainer.net, *trainer.test_nets])
    trial = None
    if overfit:
        from layerzoo.solver.trials.overfit import Overfit

        trial = Overfit(trainer, overfit)
        trial.begin()
    if dry_run:
        from layerzoo.solver.trials.dry_run import dry_run as run_once

        if snapshot or resume:
            trainer.restore(snapshot or resume or "")
        for line in run_once(trainer):
            click.echo(line)
        return 0
    if hashes:
        _hash(trainer, hashes, ranks, hash_layers, kill_at)
    name = "" if overfit else publish or document.message.publish
    summary = Summary()
    start = time.perf_counter()
    following = ending.following(trainer.run_path, ranks.is_main, trainer.scoring.score)
    with following, Progress(trainer) as progress, CostMeter(trainer, ranks) as meter:
        trainer.callbacks.members += launched_callbacks(ranks, trainer.prefix)
        if ranks.is_main:
            trainer.callbacks.members += [progress, summary, meter]
        status = trainer.solve(snapshot or resume)
    if not ranks.is_main:
        return status
    if not summary.trained:
        length = "max_epoch" if document.message.max_epoch else "max_iter"
        click.echo(f"nothing to do; to train longer: -set {length}=N", err=True)
        return status
    lines = [summary.lines(trainer, time.perf_counter() - start), *meter.lines]
    click.echo("\n".join(lines), err=True)
    if status:
        if name:
            click.echo(f"not published as {name}", err=True)
        raise UnsavedError(trainer.saver, trainer.run_path, trainer.iteration)
    if trial is not None and not trainer.run.train.stopping:
        return _judged(trial)
    if name and not trainer.run.train.stopping:
        import shlex

        from layerzoo.zoo import publish_run

        words = ["layerzoo", "train", "-solver", solver or "", *(f"-set={o}" for o in overrides)]
        if weights:
            words.append(f"-weights={','.join(map(str, weights))}")
        beside = document.path.parent if document.path else None
        entry = publish_run(trainer.run_path, name, beside=beside, facts={"command": shlex.join(words)})
        click.echo(f"published as {entry.address}; to test it: layerzoo test -zoo {entry.name}", err=True)
        if chosen := entry.manifest.get("chosen_by"):
            click.echo(
                f"its weights are those of iteration {entry.manifest['iteration']}: {chosen}", err=True
            )
    return status


def _hash(trainer: Solver, file: str, ranks: Ranks, layers: bool, kill_at: int) -> None:
    """Write hashes of a run to a file; those of other processes than the main one to ``FILE.rankN``.

    Args:
        trainer: the solver.
        file: the file.
        ranks: the processes that train together.
        layers: write hashes of what each layer computes, too.
        kill_at: the number of updates after which the process is killed, for `verify_resume`; 0 for none.
    """
    from functools import partial
    from pathlib import Path

    from layerzoo.solver.callbacks.hashes import Hashes

    path = Path(file if ranks.is_main else f"{file}.rank{ranks.rank}")
    settle = partial(trainer.saver.settle, wait=True)
    hashes = Hashes(path, trainer.run, layers=layers, kill_at=kill_at, settle=settle)
    trainer.callbacks.members.append(hashes)


def _keep_nothing(param: SolverParameter, ranks: Ranks) -> None:
    """Write a trial's run to a temporary folder, without snapshots: it takes the place of no trained run."""
    from tempfile import TemporaryDirectory

    def folder() -> str:
        return click.get_current_context().with_resource(TemporaryDirectory(prefix="layerzoo-"))

    param.snapshot_prefix = f"{ranks.on_main(folder)}/overfit"
    param.snapshot, param.snapshot_after_train = 0, False
    param.keep_param.best_weights = False


def _judged(trial: Overfit) -> int:
    """Print whether the net has learned the batches; returns the exit code."""
    verdict = trial.verdict()
    batches = "the batch" if trial.batches == 1 else f"the {trial.batches} batches"
    losses = f"loss {verdict.first:.4g} before, {verdict.last:.4g} after"
    if verdict.learned:
        click.echo(f"overfit: the net can learn {batches} ({losses})", err=True)
        return 0
    click.echo(f"overfit: the net has not learned {batches} ({losses}): {verdict.reason}", err=True)
    return 1
