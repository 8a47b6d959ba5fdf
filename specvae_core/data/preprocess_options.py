"""Settings of an ingest: the grid, which spectra are refused, what they are divided by."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from ..errors import BadConfig
from ..grid import DEFAULT_GRID, PixelGrid, SpectralGrid, grid_from_json, parse_grid


def _setting(
    default: float | bool | str,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """A field that knows its help text and its inclusive range or choices: flags and forms are made from it."""
    limits = {"minimum": minimum, "maximum": maximum, "choices": choices}
    return field(default=default, metadata={"help": help, **limits})


@dataclass(frozen=True)
class PreprocessOptions:
    """How spectra are prepared and which are refused.

    Raises
    ------
    BadConfig
        When a value is of the wrong type or outside its range.
    """

    grid: SpectralGrid | PixelGrid = DEFAULT_GRID
    air: bool = _setting(False, "wavelengths are in air, whatever the file says, and are converted to vacuum")
    min_coverage: float = _setting(0.5, "smallest share of the grid's pixels with good data", 0.0, 1.0)
    max_sn: float = _setting(50.0, "errors are raised until no pixel has more than this S/N", 1.0, 1e6)
    assumed_sn: float = _setting(20.0, "S/N per grid pixel that is assumed where a file has no errors", 0.1, 1e6)
    scale: str = _setting(
        "mean",
        "what a spectrum is divided by: its mean over the whole grid, or none, so that brightness is kept (images, "
        "reflectance, cubes)",
        choices=("mean", "none"),
    )
    keep_sky: bool = _setting(False, "let sky fibres in")
    any_zwarning: bool = _setting(False, "refuse every non-zero ZWARNING, doubtful fits included")

    def __post_init__(self) -> None:
        for item in fields(self):
            value, kind = getattr(self, item.name), type(item.default)
            number = kind is float and type(value) in (int, float)
            if not (number or type(value) is kind or type(value) is PixelGrid):
                raise BadConfig(f"The option {item.name} is {value!r}: {_EXPECTED[kind]} was expected.")
            if kind is str and value not in item.metadata["choices"]:
                choices = " or ".join(item.metadata["choices"])
                raise BadConfig(f"The option {item.name} is {value!r}: {choices} was expected.")
            if number and not item.metadata["minimum"] <= value <= item.metadata["maximum"]:
                raise BadConfig(
                    f"The option {item.name} is {value:g}: a number from {item.metadata['minimum']:g} to "
                    f"{item.metadata['maximum']:g} was expected."
                )
        if self.assumed_sn > self.max_sn:
            raise BadConfig(
                f"The assumed S/N {self.assumed_sn:g} lies above the largest S/N {self.max_sn:g}: lower assumed_sn or "
                "raise max_sn."
            )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> "PreprocessOptions":
        """Options by name, as `to_json` gives them; the grid may be ``start:stop:n`` or ``pixels:n``."""
        known = [item.name for item in fields(cls)]
        unknown = sorted(set(mapping) - set(known))
        if unknown:
            raise BadConfig(f"There is no ingest option {unknown[0]!r}: the options are {', '.join(known)}.")
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


_EXPECTED = {float: "a number", bool: "true or false", str: "a word", SpectralGrid: "a wavelength grid"}
