"""What a user asks for."""

from layerzoo.projects import TASKS, Asked


def test_nothing_is_asked_by_default() -> None:
    asked = Asked()
    assert (asked.model, asked.size, asked.batch_size, asked.epochs, list(asked.labels)) == ("", 0, 0, 0, [])


def test_tasks_are_those_of_the_templates() -> None:
    from layerzoo.projects.template import templates

    assert {task for cls in templates().values() for task in cls.tasks} == set(TASKS)
