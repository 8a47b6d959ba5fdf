"""The Train page on a small survey, without a browser."""

import pytest
from survey_of_lines import write_survey

from dashboard.pages.train.page import TrainPage


@pytest.fixture
def page(session) -> TrainPage:
    """The page, all of its parts in place, in a workspace with the survey ``lines``."""
    page = TrainPage(session)
    write_survey(session.workspace, "lines")
    page.view()
    page.shown()
    return page
