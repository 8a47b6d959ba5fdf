"""The tab of the density, on a small workspace, without a browser."""

from survey_of_lines import wait

from dashboard.pages.explore.page import ExplorePage


def test_a_density_can_be_learnt_here_and_a_small_survey_says_why_not(page: ExplorePage, session) -> None:
    session.state.tab = "density"
    tab = page.lower.tab("density")
    assert tab.density.empty.button.label == "Learn the density"
    tab.density.empty.button.clicks += 1
    wait(lambda: not session.runner.jobs()[0].active, page)
    wait(lambda: "choose a larger survey" in tab.density.empty.text, page)
    assert not tab.density.ready
