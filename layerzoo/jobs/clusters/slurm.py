"""SLURM: a script for ``sbatch``."""

from __future__ import annotations

import shlex
from pathlib import Path

from layerzoo.errors import UsageError
from layerzoo.jobs.cluster import STOPPED, Cluster, cluster
from layerzoo.jobs.setting import CPUS, MEMORY, TIME, Setting, seconds_of

_WORD = r"[A-Za-z0-9][A-Za-z0-9_.,@-]{0,127}"

_BEGIN = """\
set -u
signalled=0
stop() {  # to the tasks, not to srun, which would kill them
  signalled=1
  stopping=1
  scancel --quiet --signal=TERM "$SLURM_JOB_ID" 2>/dev/null || true
}
stopping=0
trap stop TERM
"""

_RENDEZVOUS = """\
host=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + (SLURM_JOB_ID + ${SLURM_RESTART_COUNT:-0}) % 10000))
"""

_END = """\
wait "$step"; code=$?
while [ "$signalled" -eq 1 ]; do  # the signal has ended wait, not the step
  signalled=0
  wait "$step"; again=$?
  [ "$again" -eq 127 ] || code=$again
done

# Stopped with a snapshot, or before training began: queue the job again, unless it was cancelled.
"""

_REQUEUE = """\
stopped=0
[ "$code" -eq {with_snapshot} ] && stopped=1
[ "$code" -eq {before_training} ] && stopped=$stopping
if [ "$stopped" -eq 1 ] && [ "$(squeue --noheader --format=%T --jobs="$SLURM_JOB_ID")" = RUNNING ]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""


@cluster
class Slurm(Cluster):
    """A script for ``sbatch``: a task a machine, which starts the machine's processes itself.

    Before the time limit the script gets SIGTERM and forwards it to the tasks, which stop with a snapshot and
    exit code 75. On that code, whoever stopped them (the limit or a preemption), the job is queued again.
    """

    name = "slurm"
    what = "Print a SLURM script for sbatch."
    suffix = ".sbatch"
    client = "sbatch"
    names = (r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", "letters, digits, dots, dashes and underscores, at most 64")
    settings = (
        TIME,
        Setting("partition", "NAME", "Partition.", _WORD, "the name of a partition"),
        Setting("account", "NAME", "Account that is charged.", _WORD, "the name of an account"),
        Setting("qos", "NAME", "Quality of service.", _WORD, "the name of a quality of service"),
        Setting(
            "constraint",
            "FEATURES",
            "Features that machines must have.",
            r"[A-Za-z0-9(\[][A-Za-z0-9_.,&|*()\[\]-]{0,199}",
            "a constraint such as a100|h100",
        ),
        CPUS,
        MEMORY,
        Setting(
            "setup",
            "COMMANDS",
            "Shell commands to run first on the first machine, e.g. 'module load cuda'.",
            r"[^\x00]{1,10000}",
            "shell commands",
        ),
    )

    def check(self) -> None:
        """Check that the signal comes before the limit."""
        limit = seconds_of(self.job.setting("time"))
        if limit and limit <= self.job.grace:
            raise UsageError(
                f"-time is {limit} s, and the signal to stop would come {self.job.grace} s before its end; "
                "give a longer -time or a shorter -grace"
            )

    def text(self) -> str:
        """The script."""
        job = self.job
        options = "".join(f"#SBATCH --{name}={value}\n" for name, value in self._options().items() if value)
        flags = "#SBATCH --requeue\n#SBATCH --open-mode=append\n"
        setup = f"{job.setting('setup')}\n" if job.setting("setup") else ""
        command = shlex.join(job.words())
        if job.connected:
            setup += _RENDEZVOUS
            command += ' -rendezvous "$host:$port"'
        if job.setting("cpus"):
            setup += f"export SRUN_CPUS_PER_TASK={job.setting('cpus')}\n"  # srun doesn't take over sbatch's
        # A machine whose processes have stopped must not end the others', which still write.
        step = f"srun --kill-on-bad-exit=0 --wait={job.grace} {command} &\nstep=$!\n"
        return (
            f"#!/bin/bash\n{self.made_by}{options}{flags}\n{_BEGIN}\n{setup}{step}\n{_END}{self._requeue()}"
        )

    def _options(self) -> dict[str, str | int]:
        """The options of ``sbatch`` that take a value."""
        job = self.job
        limit = seconds_of(job.setting("time"))
        return {
            "job-name": job.name,
            "nodes": job.machines,
            "ntasks-per-node": 1,
            "gpus-per-node": job.gpus,
            "cpus-per-task": job.setting("cpus"),
            "mem": job.setting("memory"),
            "time": _slurm_time(limit) if limit else "",
            "signal": f"B:TERM@{job.grace}",
            "partition": job.setting("partition"),
            "account": job.setting("account"),
            "qos": job.setting("qos"),
            "constraint": job.setting("constraint"),
            "output": f"{job.name}-%j.log",
        }

    def _requeue(self) -> str:
        """The end of the script."""
        with_snapshot, before_training = STOPPED
        return _REQUEUE.format(with_snapshot=with_snapshot, before_training=before_training)

    def submission(self, file: Path) -> list[str]:
        """``sbatch FILE``."""
        return [self.client, str(file)]


def _slurm_time(seconds: int) -> str:
    """A time as ``D-HH:MM:SS``."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{f'{days}-' if days else ''}{hours:02}:{minutes:02}:{seconds:02}"
