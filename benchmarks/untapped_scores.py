"""Scores of unmixing, as `untapped` prints them."""

import numpy as np
from scipy.stats import t as student_t
from sklearn.decomposition import NMF

from specvae_core.analysis.crossed import crossed_mean
from specvae_core.analysis.linear_unmixing import fcls, n_findr, vca
from specvae_core.analysis.unmixing import spectral_angles


def print_crossed(rows: dict[str, np.ndarray], names: tuple[str, ...]) -> None:
    """Means over folds and seeds of each kind, and of its difference from M2, with errors that take both as effects."""
    if next(iter(rows.values())).shape[1] < 2:
        return print_pairs({kind: values[:, 0] for kind, values in rows.items()}, names)
    for kind, values in rows.items():
        found = [crossed_mean(values[..., i]) for i in range(len(names))]
        cells = "  ".join(f"{name} {one.mean:.4f} ± {one.error:.4f}" for name, one in zip(names, found, strict=True))
        print(f"  {kind:<10} {cells}", flush=True)
    for kind, values in rows.items():
        if kind != "m2" and "m2" in rows:
            found = [crossed_mean((values - rows["m2"])[..., i]) for i in range(len(names))]
            cells = "  ".join(
                f"{name} {one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"
                for name, one in zip(names, found, strict=True)
            )
            print(f"  {kind} less m2 [95%]: {cells}", flush=True)


def print_pairs(rows: dict[str, np.ndarray], names: tuple[str, ...]) -> None:
    """Means over seeds (n_seed, n_figure) of each kind, and of its difference from M2 with the same seed."""
    for kind, values in rows.items():
        print(f"  {kind:<10} {_means(values, names)}", flush=True)
    for kind, values in rows.items():
        if kind != "m2" and "m2" in rows:
            print(f"  {kind} less m2: {_means(values - rows['m2'], names)}", flush=True)


def _means(values: np.ndarray, names: tuple[str, ...]) -> str:
    n = len(values)
    if n < 2:
        return "  ".join(f"{name} {value:.4f}" for name, value in zip(names, values[0], strict=True))
    reach = student_t.ppf(0.975, n - 1) * values.std(axis=0, ddof=1) / n**0.5
    cells = zip(names, values.mean(axis=0), reach, strict=True)
    return "  ".join(f"{name} {mean:.4f} ± {some:.4f} (95%)" for name, mean, some in cells)


def print_linear(flux: np.ndarray, truth: np.ndarray, fractions: np.ndarray, rows: np.ndarray) -> None:
    """NMF, and FCLS of VCA's, N-FINDR's and the true endmembers; FCLS on spectra that are divided by their norm."""
    found = NMF(3, init="nndsvda", max_iter=2000).fit(flux)
    shares = found.transform(flux) * np.linalg.norm(found.components_, axis=1)
    print_matched("NMF", found.components_, shares / shares.sum(axis=1, keepdims=True), truth, fractions, rows)
    shapes = flux / np.maximum(np.linalg.norm(flux, axis=1, keepdims=True), 1e-12)
    for name, method in (("VCA", vca), ("N-FINDR", n_findr)):
        chosen = method(flux, 3, np.random.default_rng(0))
        print_matched(f"{name}, FCLS", flux[chosen], fcls(shapes, shapes[chosen]), truth, fractions, rows)
    unit = truth / np.linalg.norm(truth, axis=1, keepdims=True)
    print_matched("true, FCLS", truth, fcls(shapes, unit), truth, fractions, rows)


def misfit(flux: np.ndarray, shares: np.ndarray) -> float:
    return float(np.square(flux - shares @ np.linalg.lstsq(shares, flux, rcond=None)[0]).sum())


def print_matched(
    name: str, spectra: np.ndarray, shares: np.ndarray, truth: np.ndarray, fractions: np.ndarray, rows
) -> None:
    """Angles and error of abundances, each endmember beside the true one that is nearest in angle."""
    angle = np.array([[spectral_angles(a[None], b[None])[0] for a in spectra] for b in truth])
    order = np.argmin(angle, axis=1)
    rmse = np.sqrt(np.mean((shares[:, order] - fractions)[rows] ** 2))
    print_angles(name, angle[np.arange(len(truth)), order], rmse)


def print_angles(kind: str, angles: np.ndarray, rmse: float) -> None:
    print(f"  {kind:<18} spectral angles {np.round(angles, 3)}  abundance rmse {rmse:.4f}", flush=True)
