"""Columns by which filters, colours and axes know objects: the catalogue, latents, and results for each object."""

from collections.abc import Callable, Iterator, Mapping

from ..encodings import Encoding
from ..errors import NotFound
from ..results import Kind
from ..workspace import Workspace


class ObjectColumns(Mapping[str, object]):
    """Columns by name, (n,) each, computed when they are first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], object]]) -> None:
        self._makers = dict(makers)
        self._made: dict[str, object] = {}

    def plus(self, makers: Mapping[str, Callable[[], object]]) -> "ObjectColumns":
        """These columns and others."""
        return ObjectColumns(self._makers | dict(makers))

    def __getitem__(self, name: str) -> object:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def object_columns(workspace: Workspace, survey_id: str, model_id: str | None = None) -> ObjectColumns:
    """All that a filter can ask of the objects of a survey.

    Parameters
    ----------
    workspace
        Holds the survey, and the model.
    survey_id
        The survey.
    model_id
        A model under which the survey is encoded.

    Returns
    -------
    columns
        The catalogue; of the annotations ``mark``, ``note``, ``tags``, ``my_z``, ``my_z_quality``, ``features``,
        ``people`` and ``disagree``, see `Annotations.columns`; under a model ``latent_1``…,
        ``component_1``…, ``chi2_per_pixel``, ``mse``, and of the newest results ``lof`` of outliers, ``log_density``
        and ``density_percentile`` of the density of latents, ``cluster`` of clusters, ``tsne_1``… of projections, and
        ``interest`` and ``interest_sigma`` of a teacher. Of equal names that of the catalogue counts.
    """
    survey = workspace.survey(survey_id)
    makers: dict[str, Callable[[], object]] = {}
    for name, column in _ANNOTATED.items():
        makers[name] = lambda column=column: workspace.annotations.columns(survey_id, survey.ids)[column]
    if model_id is not None:
        encoding = workspace.encoding(model_id, survey_id)
        if encoding is None:
            raise NotFound(
                f"The survey {survey_id} is not encoded by {model_id} yet: run `specvae encode`, or leave --model off."
            )
        makers |= _encoded_columns(encoding) | _result_columns(workspace, survey_id, model_id, survey.n)
    table = survey.catalogue
    return ObjectColumns(makers | {str(name): lambda name=name: table[name] for name in table.columns})


def _encoded_columns(encoding: Encoding) -> dict[str, Callable[[], object]]:
    made: dict[str, Callable[[], object]] = {
        "chi2_per_pixel": lambda: encoding.chi2_per_pixel,
        "mse": lambda: encoding.squared_error,
    }
    basis = encoding.basis
    for i in range(encoding.latents.shape[1]):
        made[f"latent_{i + 1}"] = lambda i=i: encoding.latents[:, i]
        made[f"component_{i + 1}"] = lambda i=i: basis.component(encoding.latents, i)
    return made


def _result_columns(workspace: Workspace, survey: str, model: str, n: int) -> dict[str, Callable[[], object]]:
    made: dict[str, Callable[[], object]] = {}
    for kind, names in _FROM_RESULTS.items():
        found = workspace.results.find(kind, survey=survey, model=model)
        for name, array in names.items() if found is not None else ():
            if array in found.arrays and len(found.arrays[array]) == n:  # older results lack some
                made[name] = lambda found=found, array=array: found.arrays[array]
    for one in workspace.results.list(Kind.PROJECTIONS):
        if (one.header["survey"], one.header["model"]) == (survey, model):
            for axis, name in enumerate(one.header["columns"]):
                made[name] = lambda one=one, axis=axis: one.arrays["projection"][:, axis]
    return made


_ANNOTATED = {"mark": "label"} | {
    name: name for name in ("note", "tags", "my_z", "my_z_quality", "features", "people", "disagree")
}
"""Columns of annotations by their names here and in `Annotations.columns`."""

_FROM_RESULTS = {
    Kind.OUTLIERS: {"lof": "lof", "density_contrast": "contrast"},
    Kind.DENSITIES: {"log_density": "log_density", "density_percentile": "percentile"},
    Kind.CLUSTERS: {"cluster": "cluster"},
    Kind.TEACHERS: {"interest": "interest", "interest_sigma": "sigma"},
}
"""Kinds of results that become columns, by their names and those of the arrays."""
