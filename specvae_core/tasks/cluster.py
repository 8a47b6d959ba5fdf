"""Group a survey by its latents."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ..analysis.clusters import NOISE, ClusterSettings, agreement, crosstab, find_clusters
from ..atomic import without_nan
from ..progress import Progress, Report, sub_report
from ..results import Kind
from ..workspace import Workspace
from .outlier_table import encoded


def cluster(
    workspace: Workspace,
    report: Report,
    folder: Path,
    *,
    model: str,
    survey: str,
    settings: Mapping[str, object] | None = None,
) -> str:
    """Find clusters and compare them with the classes of the catalogue; returns the result's id.

    Parameters
    ----------
    workspace
        Holds model and survey; gets the result of kind ``clusters``: header ``model, survey, settings, n, clusters``
        (``cluster, n, fraction, main_class, main_class_fraction, classes`` of each, the largest first, number 0 for
        objects in no cluster) and ``agreement`` (empty without classes); array ``cluster`` (n,) int32.
    settings
        Fields of `ClusterSettings` that differ from their defaults.
    """
    chosen = ClusterSettings(**dict(settings or {}))
    encoding = encoded(workspace, model, survey, sub_report(report, 0.0, 0.3, survey))
    numbers = find_clusters(encoding.latents, chosen, report)
    report(Progress(0.9, "comparing with classes"))
    table = workspace.survey(survey).catalogue
    classes = table["class"].fillna("").to_numpy(str) if "class" in table else np.full(len(table), "")
    agreed = agreement(numbers, classes)
    asked = {"model": model, "survey": survey, "settings": asdict(chosen)}
    header = {
        **asked,
        "n": len(table),
        "clusters": _described(numbers, classes),
        "agreement": asdict(agreed) if agreed else {},
    }
    result_id = workspace.results.reserve(Kind.CLUSTERS, f"{chosen.method}-{int(numbers.max())}", asked)
    workspace.results.save(Kind.CLUSTERS, result_id, without_nan(header), {"cluster": numbers})
    return result_id


def _described(clusters: np.ndarray, classes: np.ndarray) -> list[dict[str, object]]:
    """Size and classes of each cluster; objects in no cluster come last."""
    rows = []
    numbers, names, counts = crosstab(clusters, classes)
    for number, count in zip(numbers.tolist(), counts, strict=True):
        known = {str(name): int(n) for name, n in zip(names, count, strict=True) if name and n}
        main = max(known, key=known.get) if known else ""
        total = int(count.sum())
        rows.append(
            {
                "cluster": number,
                "n": total,
                "fraction": total / len(clusters),
                "main_class": main,
                "main_class_fraction": known[main] / total if main else None,
                "classes": known,
            }
        )
    return sorted(rows, key=lambda row: row["cluster"] if row["cluster"] != NOISE else len(clusters) + 1)
