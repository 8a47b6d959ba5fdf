"""What a user does on the Data page."""

import numpy as np
from survey_of_lines import wait


def save_spectra(path, n: int = 12) -> None:
    """A file of spectra, one of which has no good pixel."""
    wave = np.linspace(3900.0, 8100.0, 800)
    flux = 1 + np.random.default_rng(0).uniform(-0.3, 0.3, n)[:, None] * (wave - 6000) / 2000
    ivar = np.full(flux.shape, 1e4)
    ivar[-1] = 0
    np.savez(path, wave=wave, flux=flux, ivar=ivar, z=np.zeros(n))


def choose(page, path) -> None:
    """Choose a path on the server."""
    page.form.source.server.field.value = str(path)


def fill(page, path, grid=("4000", "8000", "80")) -> None:
    """Choose a path, and a grid by its numbers."""
    choose(page, path)
    for field, text in zip(page.form.grid.numbers, grid, strict=True):
        field.value = text


def ingest(page, path) -> str:
    """Ingest a path; returns the name of the survey, once the job is over."""
    fill(page, path)
    name, n = page.form.chosen_name, len(page.session.runner.jobs())
    page.form.start.clicks += 1
    wait(lambda: len(jobs := page.session.runner.jobs()) > n and not jobs[0].active, page)
    page.poll()
    return name


def look(page, path) -> None:
    """Choose a file and wait until it was looked at."""
    page.form.source.server.field.value = str(path)
    wait(lambda: "Looking at" not in page.form.look.view.text, page)
