"""Settings of an ingest: the grid, which spectra are refused, what they are divided by."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import BadConfig
from ..grid import DEFAULT_GRID, PixelGrid, SpectralGrid, grid_from_json, parse_grid
from ..settings import check_names, check_settings, option


@dataclass(frozen=True)
class PreprocessOptions:
    """How spectra are prepared and which are refused.

    Raises
    ------
    BadConfig
        When a value is of the wrong type or outside its range.
    """

    grid: SpectralGrid | PixelGrid = DEFAULT_GRID
    air: bool = option(False, "wavelengths are in air, whatever the file says, and are converted to vacuum")
    min_coverage: float = option(
        0.5, "smallest share of the grid's pixels with good data", 0.0, 1.0, title="Coverage at least"
    )
    max_sn: float = option(
        50.0, "errors are raised until no pixel has more than this S/N", 1.0, 1e6, title="S/N at most"
    )
    assumed_sn: float = option(20.0, "S/N per grid pixel that is assumed where a file has no errors", 0.1, 1e6)
    scale: str = option(
        "mean",
        "what a spectrum is divided by: its mean over the whole grid, or none, so that brightness is kept (images, "
        "reflectance, cubes)",
        choices=("mean", "none"),
        title="Divided by",
    )
    keep_sky: bool = option(False, "let sky fibres in")
    any_zwarning: bool = option(False, "refuse every non-zero ZWARNING, doubtful fits included")

    def __post_init__(self) -> None:
        check_settings(self)
        if not isinstance(self.grid, SpectralGrid | PixelGrid):
            raise BadConfig(f"The setting grid is {self.grid!r}, but a wavelength grid was expected.")
        if self.assumed_sn > self.max_sn:
            raise BadConfig(
                f"The assumed S/N {self.assumed_sn:g} lies above the largest S/N {self.max_sn:g}: lower assumed_sn or "
                "raise max_sn."
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> "PreprocessOptions":
        """Options by name, as `to_json` gives them; the grid may be ``start:stop:n`` or ``pixels:n``."""
        check_names(mapping, cls, "ingest option")
        values: dict[str, Any] = dict(mapping)
        grid = values.get("grid")
        if isinstance(grid, str):
            values["grid"] = parse_grid(grid)
        elif isinstance(grid, Mapping):
            values["grid"] = grid_from_json(grid)
        return cls(**values)

    def to_json(self) -> dict[str, object]:
        """All options by name, the grid by its numbers."""
        return asdict(self) | {"grid": self.grid.to_json()}
