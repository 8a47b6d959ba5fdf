"""Problems in words."""

import numpy as np
import pandas as pd
import pytest

from specvae_core.data.spectra import SpectraSet
from specvae_core.errors import BadConfig
from specvae_core.grid import SpectralGrid
from specvae_core.inverse import parse_problem

GRID = SpectralGrid.from_range(4000.0, 7000.0, 200)


def spectra(n=6, assumed=False):
    random = np.random.default_rng(0)
    flux = (1 + 0.2 * random.normal(size=(n, 1)) * np.linspace(-1, 1, 200)).astype(np.float32)
    ivar = np.full((n, 200), 400.0, np.float32)
    flux[0, :20], ivar[0, :20] = 0, 0
    table = pd.DataFrame({"id": [f"s{i}" for i in range(n)]})
    if assumed:
        table["assumed_sn"] = 20.0
    return SpectraSet(GRID, flux, ivar, table)


def test_inpaint_hides_one_window_of_each_spectrum():
    some = spectra()
    problem, compared = parse_problem("inpaint:0.4", GRID).pose(some, seed=1)
    hidden = problem.ivar == 0
    assert (hidden[1:].sum(axis=1) == 80).all()
    assert (np.diff(hidden[1:].astype(int), axis=1) != 0).sum(axis=1).max() <= 2
    np.testing.assert_array_equal(compared, hidden & some.seen)
    assert len({tuple(row) for row in hidden[1:]}) > 1


def test_a_spectrum_s_window_and_noise_depend_on_its_id_and_the_seed_alone():
    question = parse_problem("random:0.3+denoise:0.1", GRID)
    all_of_them, _ = question.pose(spectra(), seed=5)
    one, _ = question.pose(spectra().take(np.array([3])), seed=5)
    np.testing.assert_array_equal(all_of_them.observed[3], one.observed[0])
    np.testing.assert_array_equal(all_of_them.ivar[3], one.ivar[0])
    assert not np.array_equal(question.pose(spectra(), seed=6)[0].observed, all_of_them.observed)


def test_noise_adds_to_the_variance():
    problem, compared = parse_problem("denoise:0.1", GRID).pose(spectra(), seed=0)
    np.testing.assert_allclose(problem.ivar[1], 1 / (1 / 400 + 0.01))
    assert compared[1].all()
    assert np.std(problem.observed[1] - spectra().flux[1]) == pytest.approx(0.1, rel=0.2)


def test_errors_that_were_only_assumed_count_for_nothing():
    problem, _ = parse_problem("as-is", GRID).pose(spectra(assumed=True), seed=0)
    assert (problem.ivar[1] == 1e6).all()
    assert (problem.ivar[0, :20] == 0).all()


def test_operators_act_in_order_and_carry_errors_and_holes():
    question = parse_problem("blur:100+downsample:4", GRID)
    problem, compared = question.pose(spectra(), seed=0)
    assert problem.observed.shape == (6, 50)
    assert (problem.ivar[0, :4] == 0).all()
    assert (problem.ivar[1] > 400).all()
    assert compared[1].all()
    np.testing.assert_allclose(question.wavelength[25], GRID.wavelength[100:104].mean(), rtol=1e-3)


def test_ranges_are_hidden_by_wavelength():
    question = parse_problem("hide:5000-5100, 6000-6500", GRID)
    problem, _ = question.pose(spectra(), seed=0)
    wavelength = GRID.wavelength
    expected = ((wavelength > 5000) & (wavelength < 5100)) | ((wavelength > 6000) & (wavelength < 6500))
    np.testing.assert_array_equal(problem.ivar[1] == 0, expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sharpen:2", "There is no problem 'sharpen:2'"),
        ("inpaint:1.5", "inpaint takes a number from 0 to 0.999"),
        ("inpaint", "inpaint takes a number"),
        ("denoise:-0.1", "denoise takes a number from 0"),
        ("hide:6000-5000", "is not a range"),
        ("downsample:2.5", "whole number"),
        ("bands:gr+blur:100", "bands are not a spectrum"),
        ("bands:Q", "no filter 'Q'"),
    ],
)
def test_what_is_no_problem_is_told_in_a_sentence(text, words):
    with pytest.raises(BadConfig, match=words):
        parse_problem(text, GRID)


def test_everything_hidden_is_told_in_a_sentence():
    with pytest.raises(BadConfig, match="Nothing is left to see of 6 of 6"):
        parse_problem("hide:3000-8000", GRID).pose(spectra(), seed=0)
