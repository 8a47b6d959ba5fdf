"""The fields of a catalogue of photometry say what is wrong, and give what the task takes."""

from dashboard.pages.data.band_fields import BandFields


def fields() -> tuple[BandFields, list[bool]]:
    told: list[bool] = []
    return BandFields(told.append, lambda callback: callback), told


def test_the_checkbox_shows_the_fields_and_tells_the_form() -> None:
    form, told = fields()
    form.chosen.value = True
    form.clear()
    assert told == [True, False]


def test_names_of_columns_and_options_become_arguments() -> None:
    form, _ = fields()
    form.settings["bands"].widget.value = "u=MAG_U:MAGERR_U,g"
    form.settings["extras"].widget.value = "radius"
    form.settings["limit_sigma"].widget.value = "5"
    found = form.arguments()
    assert found["bands"] == "u=MAG_U:MAGERR_U,g"
    assert found["options"]["extras"] == "radius"
    assert found["options"]["limit_sigma"] == 5
    assert found["options"]["undetected"] == "limit"


def test_what_is_wrong_stands_at_its_field() -> None:
    form, _ = fields()
    assert form.arguments() is None
    assert form.settings["bands"].error == "Name the bands, as in u,g,r,i,z."
    form.settings["bands"].widget.value = "u=A:B:C:D,g"
    assert form.arguments() is None
    assert "not of the form" in form.settings["bands"].error
    form.settings["bands"].widget.value = "u,f606w"
    form.settings["ebv"].widget.value = "EBV"
    assert form.arguments() is None
    assert "extinction of band f606w" in form.settings["bands"].error
    form.settings["ebv"].widget.value = ""
    form.settings["limit_sigma"].widget.value = "1000"
    assert form.arguments() is None
    assert "0.1 to 100" in form.settings["limit_sigma"].error
