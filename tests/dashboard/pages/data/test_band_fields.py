"""The fields of a catalogue of photometry say what is wrong, and give what the task takes."""

from dashboard.pages.data.band_fields import BandFields
from specvae_core.data.band_columns import measurements_among
from specvae_core.grid import BandGrid
from specvae_core.summaries import SurveySummary

COLUMNS = ["MAG_U", "MAGERR_U", "g", "g_err", "radius", "radius_err", "EBV", "redshift"]


def fields(columns: list[str] = COLUMNS) -> BandFields:
    form = BandFields()
    found = [vars(one) | {"text": one.text} for one in measurements_among(columns)]
    form.fill([{"measurements": found, "unit": "magnitude", "ebv": "EBV", "numbers": columns, "groups": []}])
    return form


def test_bands_are_ticked_and_other_measurements_may_be() -> None:
    form = fields()
    assert form.bands.ticked == ["u=MAG_U:MAGERR_U", "g"]
    assert form.extras.ticked == []
    form.extras.boxes.value = ["radius"]
    form.settings["limit_sigma"].widget.value = "5"
    found = form.arguments()
    assert found["bands"] == "u=MAG_U:MAGERR_U,g"
    assert (found["options"]["extras"], found["options"]["ebv"]) == ("radius", "EBV")
    assert found["options"]["limit_sigma"] == 5
    assert found["options"]["undetected"] == "limit"


def test_other_files_take_the_ticks_away() -> None:
    form = fields()
    form.clear()
    assert form.arguments() is None
    assert form.error.sentence == "Tick the bands."


def test_what_is_wrong_stands_beneath_the_fields() -> None:
    form = fields(["u", "u_err", "f606w", "f606w_err"])
    assert form.arguments() is None
    assert "extinction of band f606w" in form.error.sentence
    form.ebv.value = ""
    form.bands.boxes.value = ["u"]
    assert form.arguments() is None
    assert "at least 2 bands" in form.error.sentence
    form.bands.boxes.value = ["u", "f606w"]
    form.settings["limit_sigma"].widget.value = "1000"
    assert form.arguments() is None
    assert "0.1 to 100" in form.settings["limit_sigma"].error


def test_a_further_survey_takes_the_softening_of_an_earlier_one() -> None:
    form = fields()
    grid = BandGrid(("u", "g"), (), (24.6, None))
    form.suit([SurveySummary("deep", 10, grid, "2026-01-01", True, {})])
    form.softening.value = "deep"
    assert form.arguments()["bands"] == "u=MAG_U:MAGERR_U:~24.6,g=g:g_err:"
