"""Jobs of clusters that run ``layerzoo train`` and ``layerzoo tune``.

A `Job` is what the user asks for, in the same terms for every cluster; a `Cluster` writes it in the format of
one scheduler. A cluster is a module in ``layerzoo/jobs/clusters``: its class with ``@cluster`` says which
settings of its own it reads, and its command of ``layerzoo launch`` follows from them.
"""

from layerzoo.jobs.cluster import CLUSTERS, Cluster, cluster
from layerzoo.jobs.job import Job
from layerzoo.jobs.job_command import COMMANDS, JobCommand
from layerzoo.jobs.setting import Setting
from layerzoo.jobs.submit import submit

__all__ = ["CLUSTERS", "COMMANDS", "Cluster", "Job", "JobCommand", "Setting", "cluster", "submit"]
