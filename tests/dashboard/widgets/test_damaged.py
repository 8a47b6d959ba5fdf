"""The pages Data and Train beside a damaged survey or model."""

import pytest
from survey_of_lines import write_survey

from dashboard.pages.data.page import DataPage
from dashboard.pages.train.page import TrainPage


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}'])
@pytest.mark.parametrize(
    ("page_class", "path"), [(DataPage, "surveys/b/survey.json"), (TrainPage, "models/b/model.json")]
)
def test_the_page_goes_on_and_deletes_what_is_damaged(session, notices, page_class, path, content):
    write_survey(session.workspace, "lines")
    header = session.workspace.folder / path
    header.parent.mkdir(parents=True)
    header.write_text(content)
    page = page_class(session)
    page.view()
    page.shown()
    assert page.damaged.visible
    text, button = page.damaged[0]
    assert "<b>b</b> is damaged" in text.object
    button.clicks += 1
    assert header.exists()  # asked once more
    button.clicks += 1
    assert not header.exists()
    assert not page.damaged.visible
    assert [survey.id for survey in session.workspace.surveys()] == ["lines"]
    assert any("b is deleted" in text or "Deleted b" in text for text in notices)
