"""Undo of annotations, on every page on which people annotate."""

from dashboard.page import Session
from specvae_core.annotation_record import QUALITIES, Annotation


def undo_annotation(session: Session) -> None:
    """Undo the last annotation of this session, pick its object where the survey has it, and say what it has now.

    Raises
    ------
    UserError
        There is nothing to undo.
    """
    change, state = session.workspace.annotations.undo(session.id), session.state
    if change.survey == state.survey_id and session.workspace.survey(change.survey).row_of(change.object) is not None:
        state.picked = change.object
    session.notify(f"{change.object} has {in_words(change.annotation)} again.")


def in_words(annotation: Annotation) -> str:
    """What an annotation says."""
    words = [] if annotation.mark is None else [f"the mark {annotation.mark}"]
    words += [f"the note “{annotation.note}”"] if annotation.note else []
    words += [f"the tags {', '.join(annotation.tags)}"] if annotation.tags else []
    if annotation.redshift is not None:
        sure = "" if annotation.quality is None else f" ({QUALITIES[annotation.quality]})"
        words.append(f"the redshift {annotation.redshift:.5f}{sure}")
    if annotation.features:
        words.append(f"{len(annotation.features)} remarks on the spectrum")
    return " and ".join(words) or "no annotation"
