"""What the Data page says of a survey: classes, report, peek, sizes."""

import numpy as np
import pytest
from survey_of_lines import write_survey

from dashboard.pages.data.ingest_report import explanation, refusals_csv, report_html
from dashboard.pages.data.peek_plot import peek_figure
from dashboard.pages.data.survey_list import class_bar, class_counts, megabytes
from specvae_core.grid import BandGrid, SpectralGrid


def test_classes_as_counts_and_as_a_bar(session):
    write_survey(session.workspace, "lines")
    counts = class_counts(session.workspace, "lines")
    assert sum(counts.values()) == 90
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    bar = class_bar({"<i>": 3, "star": 1})
    assert "width:75.00%" in bar
    assert "&lt;i&gt;: 3" in bar
    assert class_bar({}) == '<span class="muted">no classes</span>'


def test_the_report_escapes_what_came_from_files():
    refusal = {"source": "/x/<script>.fits", "reason": "foreign", "message": "<script> is not a spectrum"}
    report = {"ingested": 1, "skipped": 1, "reasons": {"foreign": 1}, "files": 2, "seconds": 1.0}
    text = report_html(report, [refusal])
    assert "<script>" not in text
    assert "&lt;script&gt; is not a spectrum" in text
    assert explanation("of a newer version") == "of a newer version"
    assert refusals_csv([refusal]).decode().splitlines()[1].startswith("/x/<script>.fits,foreign,not a spectrum")


def test_the_peek_draws_infilled_pixels_apart():
    grid, flux = SpectralGrid.from_range(4000, 8000, 50), np.ones((2, 50)) + np.linspace(0, 1, 50)
    seen = np.ones((2, 50), bool)
    seen[1, 20:30] = False
    plot = peek_figure(grid, flux, seen, ["a", "b"], ["#0072B2", "#D55E00"], "light")
    drawn = [
        renderer.data_source.data["y"] for renderer in plot.renderers if renderer.glyph.__class__.__name__ == "Line"
    ]
    assert len(drawn) == 3
    assert [int(np.isfinite(line).sum()) for line in drawn] == [40, 12, 50]


def test_the_peek_draws_magnitudes_at_their_bands_bright_ones_on_top():
    grid = BandGrid(("u", "g", "r"))
    plot = peek_figure(grid, np.array([[21.0, 19.0, 18.0]]), np.ones((1, 3), bool), ["a"], ["#0072B2"], "light")
    assert list(plot.xaxis[0].major_label_overrides.values()) == ["u", "g", "r"]
    (points,) = [one for one in plot.renderers if one.glyph.__class__.__name__ == "Scatter"]
    assert (np.diff(points.data_source.data["y"]) > 0).all()
    assert plot.x_range.start < grid.wavelength[0] < grid.wavelength[-1] < plot.x_range.end


def test_the_report_of_photometry_says_what_is_missing_and_what_was_done():
    report = {"ingested": 9, "skipped": 0, "reasons": {}, "files": 1, "seconds": 1.0}
    text = report_html({**report, "missing": {"u": 3, "g": 0}, "notes": ["limits are <asinh>"]}, [])
    assert "Without a measurement: u 3." in text
    assert "limits are &lt;asinh&gt;" in text
    assert "measurement" not in report_html(report, [])


@pytest.mark.parametrize(("size", "words"), [(512, "1 kB"), (4.6e6, "4.6 MB"), (2.2e9, "2.2 GB")])
def test_sizes_in_words(size, words):
    assert megabytes(size) == words
