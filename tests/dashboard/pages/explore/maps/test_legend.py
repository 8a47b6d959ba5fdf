"""The legend of the maps: classes to switch, or a scale."""

from dashboard.pages.explore.maps.legend import Legend


def test_the_legend_switches_classes(page, session, workspace):
    legend, state = page.corner.legend, session.state
    shown = {each["name"]: each["shown"] for each in legend.content["classes"]}
    counts = workspace.survey("lines").table["class"].value_counts()
    assert {each["name"]: each["count"] for each in legend.content["classes"]} == counts.to_dict()
    assert all(shown.values())
    first = next(iter(shown))
    legend.switch(first)
    assert state.hidden == [first]
    assert [each["name"] for each in legend.content["classes"] if not each["shown"]] == [first]
    legend.switch(first)
    assert state.hidden == []


def test_the_legend_hears_only_of_classes_that_it_shows(page):
    heard = []
    legend = Legend(heard.append, heard.append, heard.clear)
    legend.show(page.map_view.colouring, [], "light")
    for name in ("nobody", *page.map_view.colouring.names):
        legend.switch(name)
    assert heard == list(page.map_view.colouring.names)


def test_the_legend_of_numbers_is_a_scale(page, session):
    session.state.colour_by = "chi2_per_pixel"
    content = page.corner.legend.content
    assert list(content) == ["scale"]
    low, _, high = content["scale"]["ends"]
    assert low.startswith("≤ ")
    assert high.startswith("≥ ")
    page.corner.legend.switch("red")
    assert session.state.hidden == []
