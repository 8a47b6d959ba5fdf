"""What people call a survey or a model: its title, where pages write of it."""

from collections import Counter
from collections.abc import Sequence

from specvae_core.job import Job
from specvae_core.summaries import ModelSummary, SurveySummary
from specvae_core.tasks import TASKS
from specvae_core.workspace import Workspace


def titles_of(summaries: Sequence[SurveySummary | ModelSummary]) -> dict[str, str]:
    """Titles of surveys or models by id; where two have the same, the ids stand behind."""
    twice = {title for title, n in Counter(one.title for one in summaries).items() if n > 1}
    return {one.id: f"{one.title} ({one.id})" if one.title in twice else one.title for one in summaries}


def survey_title(workspace: Workspace, survey_id: str) -> str:
    """Title of a survey; its id where there is no such survey."""
    return titles_of(workspace.surveys()).get(survey_id, survey_id)


def model_title(workspace: Workspace, model_id: str) -> str:
    """Title of a model; its id where there is no such model."""
    return titles_of(workspace.models()).get(model_id, model_id)


def products_of(workspace: Workspace, jobs: Sequence[Job]) -> dict[str, str]:
    """What jobs have made, by the id of the job: title of a survey or a model, id of any other result."""
    titles = {"survey": titles_of(workspace.surveys()), "model": titles_of(workspace.models())}
    return {job.id: titles.get(_kind_of_product(job), {}).get(job.result, job.result) for job in jobs if job.result}


def _kind_of_product(job: Job) -> str:
    return TASKS[job.task].makes if job.task in TASKS else "result"


def by_title(summaries: Sequence[SurveySummary | ModelSummary]) -> dict[str, str]:
    """Ids of surveys or models by title, as choices of a picker."""
    return {title: id_ for id_, title in titles_of(summaries).items()}
