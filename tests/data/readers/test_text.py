"""Text tables with known spectra, in the habits of those who write them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from specvae_core.data.readers import read_file
from specvae_core.data.understanding import FileHints
from specvae_core.errors import Reason, Refused

WAVE = 4000.0 + 2.5 * np.arange(40)
FLUX = 1.0 + np.arange(40) / 100
PLAIN = [f"{w} {f} 0.5" for w, f in zip(WAVE, FLUX, strict=True)]


def read(path: Path, text: str, hints: FileHints | None = None, encoding: str = "utf-8") -> list:
    path.write_text(text, encoding=encoding)
    return list(read_file(path, *([hints] if hints else [])))


def one(path: Path, text: str, hints: FileHints | None = None):
    (spectrum,) = read(path, text, hints)
    np.testing.assert_allclose(spectrum.wavelength, WAVE, rtol=1e-9)
    return spectrum


def lines(delimiter: str, *head: str) -> str:
    return "\n".join([*head, *(line.replace(" ", delimiter) for line in PLAIN)]) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ascii", lines(" ")),
        ("a.asci", lines("\t")),
        ("a.flm", lines("   ", "# wavelength flux fluxerr")),
        ("a.dat", lines(",", "% made by hand", "wave,flux,sigma")),
        ("a.csv", lines(";", "wavelength;flux;error")),
        ("a.tsv", lines("\t", "lambda\tFlux\te_flux")),
        ("a.txt", lines("|", "wavelength|flux|err")),
        ("a.spec", lines(" ", "! observed in May", "", "# lambda flux err")),
        ("spectrum", lines(" ", "Wavelength (Angstrom) Flux Error")),
        ("a.csv", lines(",", "Wavelength [Å],Flux [1e-17 erg/s/cm2/Å],Error [1e-17 erg/s/cm2/Å]")),
        ("a.csv", lines(";", "wavelength;flux;error").replace(".", ",")),
        ("a.txt", lines(" ", "Observed by me", "in two nights", "wavelength flux err")),
        ("a.csv", "\ufeff" + lines(",", "wavelength,flux,error")),
        ("a.csv", lines(",", '"wavelength","flux","error"').replace("\n", "\r\n")),
    ],
)
def test_the_habits_of_text(tmp_path, name, text):
    spectrum = one(tmp_path / name, text)
    np.testing.assert_allclose(spectrum.flux, FLUX)
    np.testing.assert_allclose(spectrum.ivar, 4.0)
    assert spectrum.understood.error
    assert spectrum.id == name.partition(".")[0]


def test_gzip_is_undone_whatever_the_name(tmp_path):
    for name in ("a.dat.gz", "b.dat"):
        (tmp_path / name).write_bytes(gzip.compress(lines(" ").encode()))
        (spectrum,) = read_file(tmp_path / name)
        np.testing.assert_allclose(spectrum.flux, FLUX)


@pytest.mark.parametrize(
    ("head", "wave"),
    [
        (["wave_nm,flux,err"], WAVE / 10),
        (["Wavelength (nm),Flux (1e-17 erg/s/cm2/A),Err"], WAVE / 10),
        (["wavelength,flux,err", "um,,"], WAVE / 1e4),
        (["# nm none none", "wavelength,flux,err"], WAVE / 10),
        (["wavelength,flux,err", "Angstrom,erg/s/cm2/A,erg/s/cm2/A"], WAVE),
        (["log_wave,flux,err"], np.log10(WAVE)),
        (["energy [eV],flux,err"], 12398.419843320026 / WAVE),
    ],
)
def test_units_in_names_in_a_second_line_and_in_comments(tmp_path, head, wave):
    text = "\n".join([*head, *(f"{w!r},{f},0.5" for w, f in zip(wave.tolist(), FLUX, strict=True))])
    spectrum = one(tmp_path / "a.csv", text)
    assert spectrum.understood.wavelength_unit in ("nm", "um", "Angstrom", "log10 Angstrom", "eV")
    assert not any("Angstrom" in phrase for phrase in spectrum.understood.assumed) or "log" in head[0]


def test_numbers_that_cannot_be_angstrom_are_asked_for_and_the_answer_is_taken(tmp_path):
    text = "wavelength,flux\n" + "\n".join(f"{w},1.0" for w in WAVE / 10)
    with pytest.raises(Refused, match="--wavelength-unit nm") as caught:
        read(tmp_path / "a.csv", text)
    assert caught.value.reason is Reason.UNIT
    assert caught.value.answer == "wavelength_unit"
    one(tmp_path / "a.csv", text, FileHints(wavelength_unit="nm"))


def test_pixel_numbers_are_no_wavelengths(tmp_path):
    for text in (
        "wavelength,flux\n" + "\n".join(f"{i},1.0" for i in range(40)),
        "\n".join(f"{i} 1.0" for i in range(40)),
    ):
        with pytest.raises(Refused, match="pixel") as caught:
            read(tmp_path / "a.csv", text)
        assert caught.value.reason is Reason.UNIT


def test_columns_without_names_are_asked_for_and_the_answer_is_taken(tmp_path):
    text = "\n".join(f"{i} {line} 7" for i, line in enumerate(PLAIN))
    with pytest.raises(Refused, match="5 columns without names") as caught:
        read(tmp_path / "a.dat", text)
    assert caught.value.answer == "columns.wavelength"
    hints = FileHints(columns={"wavelength": "2", "flux": "3", "error": "4"})
    np.testing.assert_allclose(one(tmp_path / "a.dat", text, hints).ivar, 4.0)


def test_what_comments_say_of_the_object(tmp_path):
    head = [
        "# redshift = 0.25",
        "# RA: 150.1 deg",
        "# dec: 2.2",
        "# target: NGC 1",
        "# wavelengths are in air",
        "wave flux err",
    ]
    spectrum = one(tmp_path / "a.txt", lines(" ", *head))
    assert spectrum.redshift == 0.25
    assert (spectrum.columns["ra"], spectrum.columns["dec"]) == (150.1, 2.2)
    assert spectrum.in_air
    assert spectrum.understood.medium == "air"


def test_odd_cells_change_no_column(tmp_path):
    rows = [f"{w},{f},0.5,{m}" for w, f, m in zip(WAVE, FLUX, ["False"] * 40, strict=True)]
    rows[3], rows[7] = rows[3].replace("1.03", "--"), rows[7].replace("1.07", "*****")
    rows[9] = rows[9].replace("False", "True")
    spectrum = one(tmp_path / "a.csv", "\n".join(["wavelength,flux,error,mask", *rows]))
    assert np.flatnonzero(spectrum.ivar == 0).tolist() == [3, 7, 9]


def test_a_long_table_of_many_spectra(tmp_path):
    rows = [
        f"{name},{z},{w},{k * f}"
        for k, (name, z) in enumerate([("007", 0.1), ("b", 0.2)], 1)
        for w, f in zip(WAVE, FLUX, strict=True)
    ]
    first, second = read(tmp_path / "long.csv", "\n".join(["id,z,wavelength,flux", *rows]))
    assert (first.id, first.redshift, second.id, second.redshift) == ("007", 0.1, "b", 0.2)
    np.testing.assert_allclose(second.flux, 2 * FLUX)


def test_rows_come_in_pieces_and_keep_their_numbers(tmp_path):
    head = "class," + ",".join(f"{w:.1f}" for w in WAVE[:5])
    rows = [f"c{i % 3}," + ",".join(f"{i + k}" for k in range(5)) for i in range(1200)]
    spectra = read(tmp_path / "t.csv", "\n".join([head, *rows]))
    assert [spectra[i].id for i in (0, 511, 512, 1199)] == ["t-00000", "t-00511", "t-00512", "t-01199"]
    assert spectra[1199].flux.tolist() == [1199.0, 1200.0, 1201.0, 1202.0, 1203.0]
    assert spectra[1199].columns["class"] == "c2"


@pytest.mark.parametrize("head", ["id,z,{}", "id,z,flux_{}", "id,z,f_{}", "id,z,wave_{}", "id,z,reflectance {}nm"])
def test_pixel_columns_by_wavelength(tmp_path, head):
    names = ",".join(f"{w / (10 if 'nm' in head else 1):g}" for w in WAVE[:3])
    prefix, _, suffix = head.rpartition(",")[2].partition("{}")
    names = ",".join(f"{prefix}{name}{suffix}" for name in names.split(","))
    spectra = read(tmp_path / "t.csv", f"id,z,{names}\n0012,0.1,1,2,3\n,0.2,4,5,6\n39627866878511337,--,7,8,9\n")
    assert [s.id for s in spectra] == ["0012", "t-00001", "39627866878511337"]
    assert [s.redshift for s in spectra[:2]] == [0.1, 0.2]
    assert np.isnan(spectra[2].redshift)
    np.testing.assert_allclose(spectra[1].wavelength, WAVE[:3])
    assert spectra[1].flux.tolist() == [4.0, 5.0, 6.0]


def test_columns_counted_by_pixel_are_asked_for(tmp_path):
    with pytest.raises(Refused, match="counts pixels") as caught:
        read(tmp_path / "t.csv", "id," + ",".join(map(str, range(9))) + "\na" + ",1" * 9)
    assert caught.value.reason is Reason.UNIT


def test_lists_in_brackets(tmp_path):
    text = 'id,wavelength,flux\na,"[4000, 4010, 4020]","[1, 2, 3]"\nb,"(4000, 4010)","(4, 5)"\n'
    first, second = read(tmp_path / "a.csv", text)
    assert first.flux.tolist() == [1.0, 2.0, 3.0]
    assert second.wavelength.tolist() == [4000.0, 4010.0]


def test_a_row_cut_short_is_named(tmp_path):
    with pytest.raises(Refused, match="fields in row 3") as caught:
        read(tmp_path / "a.csv", "id,4000,4010\na,1,2\nb,3,4\nc,5\n")
    assert caught.value.reason is Reason.SHAPE


def test_numbers_of_fortran_and_names_by_number(tmp_path):
    head = ["# 1 wavelength  where [nm]", "# 2 sky   Background", "# 3 flux", "# 4 err  [1 sigma]"]
    rows = [f"{w / 10:.6f}D0 9 {f / 10:.6f}D+01 5.0d-1" for w, f in zip(WAVE, FLUX, strict=True)]
    spectrum = one(tmp_path / "a.dat", "\n".join([*head, *rows]))
    np.testing.assert_allclose(spectrum.flux, FLUX)
    np.testing.assert_allclose(spectrum.ivar, 4.0)
    assert spectrum.understood.wavelength_unit == "nm"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_encodings_of_other_systems(tmp_path, encoding):
    (spectrum,) = read(tmp_path / "a.csv", lines(",", "Wavelength (Å),Flux,Error"), encoding=encoding)
    np.testing.assert_allclose(spectrum.wavelength, WAVE)
    assert spectrum.understood.wavelength_unit == "Angstrom"
    assert "wavelengths in Angstrom" not in spectrum.understood.assumed


def test_prose_with_the_words_in_it_is_foreign(tmp_path):
    table = "| wavelength | flux | what |\n| --- | --- | --- |\n| red | faint, noisy | a | b |\n"
    text = f"# Notes\n\n{table}The wave of flux.\n"
    with pytest.raises(Refused) as caught:
        read(tmp_path / "notes.md", text)
    assert caught.value.reason is Reason.FOREIGN
