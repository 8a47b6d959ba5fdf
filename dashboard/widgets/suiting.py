"""A model and survey of the workspace that suit a page, where those at hand do not."""

from collections.abc import Callable

from specvae_core.summaries import ModelSummary
from specvae_core.workspace import Workspace

from ..page import Session
from .titles import survey_title


def suiting(workspace: Workspace, fits: Callable[[ModelSummary], bool]) -> ModelSummary | None:
    """The newest model that fits and whose survey is there, ``None`` where there is none."""
    surveys = {survey.id for survey in workspace.surveys() if survey.complete}
    return next((model for model in workspace.models() if model.survey_id in surveys and fits(model)), None)


def offer_suiting(session: Session, model: ModelSummary) -> tuple[str, Callable[[], object]]:
    """Label of a button that opens a model and its survey, and what the button does."""
    survey = survey_title(session.workspace, model.survey_id)
    return f"Open {survey} with {model.title}", lambda: session.state.look_at(model.survey_id, model.id)


def train_on(session: Session, survey_id: str) -> None:
    """Open the form of trainings on a survey."""
    if session.state.survey_id != survey_id:
        session.state.look_at(survey_id, "")
    session.state.page = "train"
