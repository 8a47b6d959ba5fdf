"""Write the small synthetic files on which the tutorials work: ``python docs/tutorials/files.py FOLDER``."""

import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from specvae_core.data.spectra import Observation
from specvae_core.data.synthetic import demo_observations
from specvae_core.data.synthetic.field_stars import star_observations
from specvae_core.data.synthetic.galaxy_colours import galaxy_colours
from specvae_core.data.synthetic.mixtures import mixtures

N_GALAXIES, N_STARS, N_SKY, N_POWDERS = 400, 300, 800, 240
SEED = 1


def main(folder: Path) -> None:
    """Write a file for each tutorial into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = arrays(demo_observations(N_GALAXIES, SEED))
    np.savez(folder / "galaxies.npz", **columns)
    stars = list(star_observations(N_STARS, SEED))
    labels = {name: np.array([one.columns[name] for one in stars]) for name in ("teff", "logg", "feh")}
    np.savez(folder / "stars.npz", **arrays(stars), **labels)
    galaxy_colours(N_SKY, SEED).to_csv(folder / "sky.csv", index=False)
    np.savez(folder / "powders.npz", **mixtures(N_POWDERS, SEED))
    flux = np.nan_to_num(columns["flux"][:, : columns["flux"].shape[1] // 20 * 20])
    coarse = flux.reshape(len(flux), -1, 20).mean(axis=2)
    coarse /= coarse.mean(axis=1, keepdims=True)
    vectors = np.tanh(coarse @ np.random.default_rng(SEED).normal(0, 0.15, (coarse.shape[1], 24)))
    np.savez(folder / "features.npz", object_id=columns["id"], embedding=vectors.astype(np.float32))


def arrays(objects: Iterable[Observation]) -> dict[str, np.ndarray]:
    """Observations as the arrays of one file, in their own frame and on one sampling."""
    objects = list(objects)
    columns = {name: np.array([getattr(one, name) for one in objects]) for name in ("flux", "ivar")}
    return columns | {
        "wavelength": objects[0].wavelength,
        "z": np.array([one.redshift for one in objects]),
        "id": np.array([one.id for one in objects]),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
