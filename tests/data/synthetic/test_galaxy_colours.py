import numpy as np

from specvae_core.data.synthetic.galaxy_colours import BANDS, FARTHEST, galaxy_colours


def test_colours_redden_with_redshift_and_quiescent_galaxies_are_red() -> None:
    table = galaxy_colours(1500, 0)
    assert table["redshift"].between(0, FARTHEST).all()
    quiescent = table["class"] == "quiescent"
    colour = table["g"] - table["r"]
    assert colour[quiescent].median() > colour[~quiescent].median() + 0.2
    assert np.corrcoef(table["redshift"][quiescent], colour[quiescent])[0, 1] > 0.7


def test_faint_galaxies_have_large_errors_and_seeds_repeat() -> None:
    table = galaxy_colours(400, 3)
    for band in BANDS:
        assert np.corrcoef(table[band].rank(), table[f"{band}_err"].rank())[0, 1] > 0.8
    assert table.equals(galaxy_colours(400, 3))
