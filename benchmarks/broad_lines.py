"""Whether a model keeps the widths of broad lines (Portillo et al. 2020, section 3.1: 4 latents against 10 components).

``python benchmarks/broad_lines.py``

Trains an InfoVAE with four latents and PCA with ten components on the demo survey, with default settings and seed 0,
and reconstructs its broad-line AGN. The width of Hα is measured on the noiseless reconstruction in the same way as
along a track, and compared with the width that the spectrum was made with. Printed are, for AGN that took part in the
training and for those held out, the median of the relative error of the width, the share of widths within 15 per cent,
the share in which a broad line was found at all, and the same for the spectrum itself, noise included: the
measurement's own error. Takes some minutes.
"""

import numpy as np

from specvae_core.analysis.track_lines import measure_lines
from specvae_core.assets import asset
from specvae_core.data.spectra import SpectraSet
from specvae_core.data.survey import Survey
from specvae_core.models import PCA, InfoVAE

WITHIN = 0.15
BROAD = 1000.0  # km/s, where a line counts as broad


def row(name: str, part: str, spectra: SpectraSet, flux: np.ndarray) -> str:
    """One line of the table: widths of Hα in (n, n_pixel) flux against the truth."""
    truth = spectra.table["true_h_alpha_fwhm"].to_numpy(dtype=float)
    width = measure_lines(spectra.grid, flux)["fwhm_h_alpha"]
    error = np.where(np.isfinite(width), np.abs(width / truth - 1), 1.0)
    found = np.mean(width > BROAD)
    shares = " | ".join(f"{100 * share:.0f}%" for share in (np.median(error), np.mean(error < WITHIN), found))
    return f"| {name} | {part} | {len(spectra)} | {shares} |"


def main() -> None:
    survey = Survey.open(asset("demo") / "surveys" / "demo").read()
    nuclei = np.flatnonzero(survey.table["true_kind"] == "broad-line AGN")
    vae = InfoVAE(survey.grid, InfoVAE.Config(n_latent=4)).fit(survey)
    models = {"InfoVAE, 4 latents": vae, "PCA, 10 components": PCA(survey.grid, PCA.Config(n_latent=10)).fit(survey)}
    unseen = vae.unseen(survey.ids[nuclei]).mask
    print("| reconstruction | broad-line AGN | n | median error of FWHM(Hα) | within 15% | broad line found |")
    print("|---|---|---:|---:|---:|---:|")
    for part, rows in (("in training", nuclei[~unseen]), ("held out", nuclei[unseen])):
        spectra = survey.take(rows)
        for name, model in models.items():
            print(row(name, part, spectra, model.reconstruct(spectra)))
        print(row("the spectrum itself", part, spectra, spectra.infilled))


if __name__ == "__main__":
    main()
