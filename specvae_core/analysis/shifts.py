"""Sums over pixels of data times a shifted model, for all shifts at once."""

import numpy as np


def half_shifted(spectra: np.ndarray) -> np.ndarray:
    """Spectra (m, n) half a pixel further on, by the cubic through four neighbours; the last is not a measurement."""
    padded = np.pad(spectra, ((0, 0), (1, 2)), mode="edge")
    n = spectra.shape[1]
    before, here, after, last = (padded[:, i : i + n] for i in range(4))
    return (9 * (here + after) - before - last) / 16


class ShiftedSums:
    """Correlations of data with templates, at whole and half pixels.

    Parameters
    ----------
    templates
        (m, n_pixel) model spectra.
    products
        Whether sums over products of two templates will be asked for, or only over squares.
    """

    def __init__(self, templates: np.ndarray, *, products: bool) -> None:
        self.templates = templates.astype(float)
        self.n = self.templates.shape[1]
        self.length = 2 * self.n
        half = half_shifted(self.templates)
        half[:, -1] = 0.0
        reach = np.ones((2, 1, self.n))
        reach[1, :, -1] = 0.0
        self._whole_and_half = [
            self._transforms(some, covered, products)
            for some, covered in zip((self.templates, half), reach, strict=True)
        ]

    def _transforms(self, templates: np.ndarray, covered: np.ndarray, products: bool) -> dict[str, np.ndarray]:
        upper = np.triu_indices(len(templates))
        pairs = templates[upper[0]] * templates[upper[1]] if products else templates**2
        named = {"covered": covered, "template": templates, "pairs": pairs}
        return {name: np.fft.rfft(array, self.length, axis=1) for name, array in named.items()}

    def covered(self, data: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Sum of data (n_pixel,) over the pixels that a model shifted by ``shifts`` (t,) covers, (t,)."""
        return self._correlate("covered", data, shifts)[0]

    def with_template(self, data: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Sum of data times each shifted template, (m, t)."""
        return self._correlate("template", data, shifts)

    def squared(self, data: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Sum of data times the square of each shifted template, (m, t)."""
        return self._correlate("pairs", data, shifts)

    def with_products(self, data: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """Sum of data times the product of each pair of shifted templates, (t, m, m)."""
        m = len(self.templates)
        upper = np.triu_indices(m)
        matrix = np.empty((len(shifts), m, m))
        matrix[:, upper[0], upper[1]] = matrix[:, upper[1], upper[0]] = self._correlate("pairs", data, shifts).T
        return matrix

    def _correlate(self, name: str, data: np.ndarray, shifts: np.ndarray) -> np.ndarray:
        """:math:`\\sum_p d_p f_{p+s}` of each f, for shifts s (t,) that are multiples of one half, (m, t)."""
        transform = np.conj(np.fft.rfft(data, self.length))
        whole = np.floor(shifts).astype(int)
        result = np.empty((len(self._whole_and_half[0][name]), len(shifts)))
        for half in (0, 1):
            here = (shifts != whole) == bool(half)
            if here.any():
                sums = np.fft.irfft(self._whole_and_half[half][name] * transform, self.length, axis=1)
                result[:, here] = sums[:, whole[here] % self.length]
        return result
