"""The list of tasks."""

import inspect
from pathlib import Path

import pytest
from survey_of_slopes import write_survey

from specvae_core.jobs import JobRunner
from specvae_core.tasks import TASKS, submit
from specvae_core.workspace import Workspace


@pytest.mark.parametrize("name", TASKS)
def test_a_task_takes_what_its_title_names(name: str):
    task = TASKS[name]
    parameters = inspect.signature(task.function()).parameters
    assert list(parameters)[:3] == ["workspace", "report", "folder"]
    task.title.format(**dict.fromkeys(parameters, ""))


def test_jobs_are_called_by_the_titles_of_surveys_and_models(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "w")
    write_survey(workspace)
    workspace.rename_survey("slopes", "Slopes of 2024")
    runner = JobRunner(tmp_path / "jobs")
    assert submit(runner, workspace, "train", survey="slopes", model="pca").title == "train PCA on Slopes of 2024"
    assert submit(runner, workspace, "encode", survey="gone", model="gone-3").title == "encode gone with gone-3"
    runner.shutdown()
