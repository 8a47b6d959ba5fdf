"""The list of tasks."""

import inspect

import pytest

from specvae_core.tasks import TASKS


@pytest.mark.parametrize("name", TASKS)
def test_a_task_takes_what_its_title_names(name: str):
    task = TASKS[name]
    parameters = inspect.signature(task.function()).parameters
    assert list(parameters)[:3] == ["workspace", "report", "folder"]
    task.title.format(**dict.fromkeys(parameters, ""))
