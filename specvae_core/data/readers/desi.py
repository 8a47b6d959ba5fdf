"""Spectra of DESI: ``coadd-*.fits`` and ``spectra-*.fits``, many targets a file, with the redshifts of ``redrock-*``.

For each arm (B, R, Z, or one of them all) the units WAVELENGTH (vacuum), FLUX, IVAR and MASK (0 is good), a row a
target; FIBERMAP says which. Arms share one scale of 0.8 Angstrom where they overlap, and are joined there by inverse
variance. Exposures of one target in a spectra file are averaged likewise. Resolution matrices are not read.
https://desidatamodel.readthedocs.io
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ...errors import Reason, Refused
from ..block import Block
from ..spectra import Observation
from ..understanding import Understanding
from .assemble import Pixels
from .axis import resolve_axis
from .fits_unit import Unit
from .header import cells
from .join import join
from .pixels import usable_ivar
from .redrock import UNKNOWN, Redshift, redrock_file, redshifts_of
from .source import Source
from .units import flux_scale

STATUS = ("COADD_FIBERSTATUS", "FIBERSTATUS")
HARMLESS = 1 << 3
"""RESTRICTED: the positioner's reach is short, and yet the fibre is on its target."""
SKY = "SKY"
TARGETS_AT_ONCE = 128


@dataclass(frozen=True, eq=False)
class Target:
    """One target of a file.

    Parameters
    ----------
    id
        TARGETID.
    rows
        Rows of the arms' images with its exposures, those of fibres with a fault left out.
    first
        Row of FIBERMAP with its first exposure.
    status
        Fibre status there; 0 is good.
    is_sky
        Whether its fibre was on the sky.
    """

    id: int
    rows: np.ndarray
    first: int
    status: int
    is_sky: bool


class DesiReader:
    """Reads coadd and spectra files of DESI."""

    def claims(self, source: Source) -> bool:
        """Whether the file has a FIBERMAP and, for some arm, wavelength, flux and ivar."""
        unit = source.unit(1)
        if unit is None or not unit.name:
            return False
        units = {unit.name: unit for unit in source.units()}
        return "FIBERMAP" in units and "TARGETID" in units["FIBERMAP"].column_names and bool(_arms(units))

    def read(self, source: Source) -> Iterator[Block | Observation | Refused]:
        """The targets, some at a time; sky fibres are marked, and fibres with a fault refused."""
        units = {unit.name: unit for unit in source.units()}
        fibres = cells(units["FIBERMAP"])
        targets, fits = _targets(fibres), _Fits.beside(source)
        for start in range(0, len(targets), TARGETS_AT_ONCE):
            some = targets[start : start + TARGETS_AT_ONCE]
            usable = [target for target in some if len(target.rows)]
            blocks = list(_blocks(source, units, fibres, usable, fits)) if usable else []
            if len(blocks) == 1:
                yield from blocks
            else:  # the arms of a target stay together
                yield from (block[row] for row in range(len(usable)) for block in blocks)
            yield from (_unusable(source, target) for target in some if not len(target.rows))


@dataclass(frozen=True)
class _Fits:
    """What the file beside, ``name``, says of redshifts, by TARGETID; no name where there is none."""

    name: str
    found: dict[int, Redshift]

    @classmethod
    def beside(cls, source: Source) -> Self:
        """That of a coadd or spectra file."""
        path = redrock_file(source.path)
        return cls(path.name, redshifts_of(path)) if path else cls("", {})

    def columns(self, targets: list[Target]) -> dict[str, np.ndarray]:
        """Columns (n,) of n targets, ``z`` among them."""
        fits = [self.found.get(target.id, UNKNOWN) for target in targets] if self.name else []
        rows = [{"z": fit.z, **fit.columns()} for fit in fits]
        return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else ())}


def _blocks(
    source: Source, units: dict[str, Unit], fibres: dict[str, np.ndarray], targets: list[Target], fits: _Fits
) -> Iterator[Block]:
    """Some targets, all arms joined or each for itself."""
    first = [target.first for target in targets]
    columns = {key.lower(): values[first] for key, values in fibres.items() if key != "TARGETID"}
    fitted = fits.columns(targets)
    redshift = fitted.pop("z", None)
    for arm, understood, pixels in _joined(source, units, [target.rows for target in targets]):
        yield Block(
            ids=tuple(f"{target.id}-{arm}" if arm else str(target.id) for target in targets),
            wavelength=pixels.wavelength,
            flux=pixels.flux,
            ivar=pixels.ivar,
            redshift=redshift,
            columns=columns | fitted,
            understood=replace(understood, redshift=f"file {fits.name}") if fits.name else understood,
            source=str(source.path),
            flux_unit=pixels.flux_unit,
            is_sky=np.array([target.is_sky for target in targets]),
        )


def _targets(fibres: dict[str, np.ndarray]) -> list[Target]:
    """The targets in the order in which they first appear."""
    ids, first, target_of = np.unique(fibres["TARGETID"], return_index=True, return_inverse=True)
    status = next((fibres[name] for name in STATUS if name in fibres), np.zeros(len(target_of), dtype=np.int64))
    good = (status.astype(np.int64) & ~HARMLESS) == 0
    is_sky = fibres["OBJTYPE"] == SKY if "OBJTYPE" in fibres else np.zeros(len(target_of), dtype=bool)
    by_target = np.split(np.argsort(target_of, kind="stable"), np.cumsum(np.bincount(target_of))[:-1])
    return [
        Target(
            int(ids[number]),
            by_target[number][good[by_target[number]]],
            int(first[number]),
            int(status[first[number]]),
            bool(is_sky[first[number]]),
        )
        for number in np.argsort(first)
    ]


def _unusable(source: Source, target: Target) -> Refused:
    """Why a fibre with a fault is refused; one on the sky is not an object anyway."""
    if target.is_sky:
        return Refused(Reason.SKY, f"{source.name}: target {target.id} is a sky fibre.")
    return Refused(
        Reason.ZWARNING,
        f"{source.name}: target {target.id} has the fibre status {target.status}, which means that its spectrum is "
        "unusable.",
    )


def _arms(units: dict[str, Unit]) -> list[str]:
    """Prefixes of the arms that have wavelength, flux and ivar."""
    names = [name.removesuffix("_WAVELENGTH") for name in units if name.endswith("_WAVELENGTH")]
    return [name for name in names if {f"{name}_FLUX", f"{name}_IVAR"} <= units.keys()]


def _joined(source: Source, units: dict[str, Unit], rows: list[np.ndarray]) -> list[tuple[str, Understanding, Pixels]]:
    """Some targets, (n, k): all arms joined under an empty name, or each under its own where the user keeps them."""
    arms = _arms(units)
    parts = [_arm(source, units, arm, rows) for arm in arms]
    if source.hints.arms == "keep":
        return [(arm, _understood(units, [arm], part), part) for arm, part in zip(arms, parts, strict=True)]
    joined = join(parts)
    understood = _understood(units, arms, joined)
    if len(arms) > 1:
        understood = replace(understood, converted=(*understood.converted, f"arms {', '.join(arms)} joined"))
    return [("", understood, joined)]


def _understood(units: dict[str, Unit], arms: list[str], part: Pixels) -> Understanding:
    """The `Understanding` of these arms."""

    def names(plane: str) -> str:
        return "HDU " + ", ".join(f"{arm}_{plane}" for arm in arms if f"{arm}_{plane}" in units)

    return Understanding(
        reader="DESI coadd" if "COADD_FIBERSTATUS" in units["FIBERMAP"].column_names else "DESI spectra",
        wavelength=names("WAVELENGTH"),
        wavelength_unit="Angstrom",
        medium="vacuum",
        flux=names("FLUX"),
        flux_unit=units[f"{arms[0]}_FLUX"].text("BUNIT"),
        error=f"{names('IVAR')} (inverse variance)",
        mask=f"{names('MASK')}, not 0 is bad" if f"{arms[0]}_MASK" in units else "",
        id="column TARGETID of FIBERMAP",
        position="columns TARGET_RA, TARGET_DEC of FIBERMAP",
        converted=part.converted,
    )


def _arm(source: Source, units: dict[str, Unit], arm: str, rows: list[np.ndarray]) -> Pixels:
    """One arm of n targets, exposures of the same target averaged by inverse variance."""
    axis = resolve_axis(
        units[f"{arm}_WAVELENGTH"].image(),
        source=f"HDU {arm}_WAVELENGTH",
        file=source.name,
        unit=units[f"{arm}_WAVELENGTH"].text("BUNIT") or "Angstrom",
        in_air=False,
        hints=source.hints,
    )
    scale = flux_scale(units[f"{arm}_FLUX"].text("BUNIT"), axis.wavelength, source.name)
    every = np.concatenate(rows) if rows else np.empty(0, dtype=int)
    span = slice(int(every.min()), int(every.max()) + 1) if len(every) else slice(0, 0)

    def plane(name: str) -> np.ndarray:
        return units[f"{arm}_{name}"].image(span)[:, axis.order]

    flux = plane("FLUX") * scale.factor
    bad = plane("MASK") != 0 if f"{arm}_MASK" in units else None
    ivar = usable_ivar(flux, plane("IVAR") / np.square(scale.factor), bad)
    owner = np.full(len(flux), -1)
    for i, own in enumerate(rows):
        owner[own - span.start] = i
    return Pixels(
        axis.wavelength, *_average(flux, ivar, owner, len(rows)), scale.unit, (*axis.converted, *scale.converted)
    )


def _average(flux: np.ndarray, ivar: np.ndarray, owner: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) flux and ivar of the rows that each of n targets owns."""
    if np.array_equal(owner, np.arange(n)):
        return flux, ivar
    total, weighted = np.zeros((n, flux.shape[1])), np.zeros((n, flux.shape[1]))
    used = np.flatnonzero(owner >= 0)
    np.add.at(total, owner[used], ivar[used])
    np.add.at(weighted, owner[used], np.where(ivar[used] > 0, ivar[used] * flux[used], 0.0))
    return np.divide(weighted, total, out=np.zeros_like(total), where=total > 0), total
