"""Start a project from data: look at the data, and write a net, a solver and a README that fit it.

::

    project = plan_project("photos", Asked())
    write_project("pets", project)          # pets/net.yaml, pets/solver.yaml, pets/README.md

What a kind of data is, and how it is read, stands in a module of `layerzoo.projects.recognisers`; the nets in
`layerzoo.projects.templates`; sizes, batches, epochs and rates in `layerzoo.projects.choices`.
"""

from layerzoo.projects.asked import TASKS, Asked
from layerzoo.projects.plan import Project, plan_project
from layerzoo.projects.write import write_project

__all__ = ["TASKS", "Asked", "Project", "plan_project", "write_project"]
