"""The Compare page on a survey of lines."""

import pytest
from survey_of_lines import write_survey

from dashboard.page import Session
from dashboard.pages.compare.page import ComparePage


@pytest.fixture
def page(session: Session) -> ComparePage:
    page = ComparePage(session)
    write_survey(session.workspace, "lines")
    session.state.param.update(survey_id="lines", page="compare")
    page.view()
    page.shown()
    return page
