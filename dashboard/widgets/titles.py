"""What people call a survey or a model: its title, where pages write of it."""

from collections import Counter
from collections.abc import Mapping

from specvae_core.errors import UserError
from specvae_core.workspace import Workspace


def survey_title(workspace: Workspace, survey_id: str) -> str:
    """Title of a survey; its id where there is no such survey."""
    try:
        return workspace.survey_summary(survey_id).title
    except UserError:
        return survey_id


def model_title(workspace: Workspace, model_id: str) -> str:
    """Title of a model; its id where there is no such model."""
    try:
        return workspace.model_summary(model_id).title
    except UserError:
        return model_id


def by_title(titles: Mapping[str, str]) -> dict[str, str]:
    """Ids by title, as choices; of two with the same title the id is shown."""
    twice = {title for title, n in Counter(titles.values()).items() if n > 1}
    return {id_ if title in twice else title: id_ for id_, title in titles.items()}
