"""What the columns of a catalogue mean: unit, unified content descriptor and a line of text, for tables that leave.

Units are those of the VO standard (VOUnits 1.1), descriptors those of UCD1+ 1.5; both are empty where nobody knows.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """Meaning of a column.

    Parameters
    ----------
    unit
        As ``Angstrom``; empty for pure numbers, words, and what is not known.
    ucd
        As ``pos.eq.ra;meta.main``.
    description
        One phrase.
    """

    unit: str = ""
    ucd: str = ""
    description: str = ""


_MEANINGS: tuple[tuple[str, Meaning], ...] = (
    ("id", Meaning("", "meta.id;meta.main", "object id")),
    ("class", Meaning("", "src.class", "class")),
    ("z", Meaning("", "src.redshift", "redshift")),
    ("z_phot", Meaning("", "src.redshift.phot", "photometric redshift")),
    ("ra", Meaning("deg", "pos.eq.ra;meta.main", "right ascension")),
    ("dec", Meaning("deg", "pos.eq.dec;meta.main", "declination")),
    ("sn", Meaning("", "stat.snr", "median S/N per pixel, or per band")),
    ("coverage", Meaning("", "stat.value", "share of the wavelength grid that the spectrum covers")),
    ("seen_fraction", Meaning("", "stat.value", "share of the pixels, or bands, with a measurement")),
    ("mean_flux|scale", Meaning("", "phot.flux.density", "flux that 1 stands for, in the column flux_unit")),
    ("flux_unit", Meaning("", "meta.unit", "unit of the flux in the file")),
    ("source", Meaning("", "meta.file", "file or address that the spectrum came from")),
    ("mjd", Meaning("d", "time.epoch", "modified Julian date of the observation")),
    ("plate", Meaning("", "meta.id;instr", "spectroscopic plate")),
    ("fiberid", Meaning("", "meta.id;instr", "fibre")),
    (
        r"(?:true_)?h_alpha_ew|ew_\w+",
        Meaning("Angstrom", "spect.line.eqWidth", "equivalent width, positive in emission"),
    ),
    ("hd_a|mg_b|na_d", Meaning("Angstrom", "spect.index", "Lick index, positive in absorption")),
    ("(?:true_)?d4000", Meaning("", "spect.index", "4000 Angstrom break (Balogh et al. 1999)")),
    (r"(?:true_)?log_\w+_h[ab]", Meaning("", "phot.flux;arith.ratio", "log10 of the ratio of two lines")),
    ("balmer_fwhm|fwhm_h_alpha|true_h_alpha_fwhm", Meaning("km/s", "spect.line.width", "full width at half maximum")),
    ("teff", Meaning("K", "phys.temperature.effective", "effective temperature")),
    ("logg", Meaning("", "phys.gravity", "log10 of the surface gravity in cm/s2")),
    ("feh", Meaning("", "phys.abund.Fe", "[Fe/H]")),
    (r"latent_\d+", Meaning("", "", "latent, posterior mean")),
    (r"latent_\d+_sigma", Meaning("", "stat.stdev", "posterior standard deviation of the latent")),
    (r"component_\d+", Meaning("", "", "principal component of the latents")),
    ("chi2_per_pixel", Meaning("", "stat.fit.chi2", "chi-squared per seen pixel, or band, of the reconstruction")),
    ("mse", Meaning("", "stat.fit.residual", "mean squared residual of normalised flux")),
    ("lof", Meaning("", "stat.value", "local outlier factor in latent space")),
    ("(?:density_)?contrast", Meaning("", "stat.value", "log density around, less that of the object itself")),
    ("rank|chi2_rank|contrast_rank", Meaning("", "meta.number", "rank, 1 for the largest")),
    ("interest", Meaning("", "stat.value", "predicted interest, 0 to 5")),
    ("interest_sigma", Meaning("", "stat.error", "uncertainty of the predicted interest")),
    ("label|mark", Meaning("", "meta.code", "mark given by a person, 0 to 5")),
    ("my_z", Meaning("", "src.redshift", "redshift read off the spectrum by a person")),
    ("my_z_quality|quality", Meaning("", "meta.code.qual", "quality of that redshift, 0 no signal to 4 certain")),
    ("features", Meaning("", "meta.note", "wavelengths in Angstrom with a remark each")),
    ("people", Meaning("", "meta.number", "people who have annotated the object")),
    ("disagree", Meaning("", "meta.code", "1 where their marks or redshifts differ")),
    ("author", Meaning("", "meta.id", "who says it")),
    ("note|tags|reason|evidence", Meaning("", "meta.note", "remark")),
)


def meaning(column: str) -> Meaning:
    """Meaning of a column by its name; empty where nobody knows.

    Examples
    --------
    >>> meaning("ew_h_alpha").unit, meaning("anything").ucd
    ('Angstrom', '')
    """
    known = next((found for name, found in _MEANINGS if re.fullmatch(name, column)), None)
    if known is None and column.endswith("_err") and meaning(column[:-4]) != Meaning():
        value = meaning(column[:-4])
        return Meaning(value.unit, f"stat.error;{value.ucd}".rstrip(";"), f"1-sigma error of the {value.description}")
    return known or Meaning()
