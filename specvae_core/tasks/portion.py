"""Progress of a task that runs several others one after the other."""

from ..progress import Progress, Report


def portion(report: Report, start: float, share: float, title: str) -> Report:
    """A report for one part of a longer task.

    Parameters
    ----------
    report
        Of the whole task.
    start, share
        Fraction of the whole that is done before the part, and that the part makes up.
    title
        What the part is called; it stands before the part's own messages.

    Returns
    -------
    report
        Takes the part's progress. Its values are left out: losses of different models are no one curve.
    """
    done = 0.0

    def report_part(progress: Progress) -> None:
        nonlocal done
        done = done if progress.fraction is None else progress.fraction
        report(Progress(start + share * done, f"{title}: {progress.message}"))

    return report_part
