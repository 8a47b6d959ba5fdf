"""Tracks of the shown survey and model: the list, the shown one, and new ones."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from dashboard.aside import Aside
from dashboard.latent_map import LatentMap
from dashboard.page import Session
from specvae_core.analysis.support import Support
from specvae_core.analysis.track_paths import Frame, Points, Way
from specvae_core.analysis.tracks import Track
from specvae_core.results import Kind, Result
from specvae_core.tasks.track import STEPS, keep_track, kept_track, make_support, make_track

from ..changes import Changes


class TrackBook:
    """The tracks of a survey under a model, as the session's state names them; one per Explore page.

    Parameters
    ----------
    session
        Its state names the shown track.
    changes
        Gets what takes back making, renaming and deleting a track.

    Attributes
    ----------
    steps
        Number of spectra in a new track.
    computing
        Whether a track is being made.
    latest
        Id of the track that was made here last; empty where none was.
    complete
        How a path drawn in two dimensions gets the others, see `Points`.
    follows
        Kept selection that automatic and drawn tracks follow, as ``@NAME``; empty for the classes of the legend.
    """

    def __init__(self, session: Session, changes: Changes) -> None:
        self.session, self._changes = session, changes
        self.steps = STEPS
        self.complete = "local"
        self.follows = ""
        self._track: tuple[dict, Track] | None = None
        self._support: tuple[object, _Density] | None = None
        self._asked: Aside[str] = Aside(session.runner.aside)
        self.computing = False
        self.latest = ""

    def all(self) -> list[Result]:
        """Tracks of this survey under this model, the newest first."""
        state = self.session.state
        kept = self.session.workspace.results.list(Kind.TRACKS)
        return [one for one in kept if (one.header["model"], one.header["survey"]) == (state.model_id, state.survey_id)]

    @property
    def shown(self) -> Track | None:
        """The track that the state names, ``None`` where there is none of that id for this map."""
        session = self.session
        if not session.state.track or not session.workspace.results.exists(Kind.TRACKS, session.state.track):
            return None
        result = session.workspace.results.load(Kind.TRACKS, session.state.track)
        if self._track is None or self._track[0] is not result.header:  # another header: the file has changed
            self._track = result.header, kept_track(result)
        track = self._track[1]
        here = (track.model, track.survey) == (session.state.model_id, session.state.survey_id)
        return track if here else None

    @property
    def letter(self) -> str:
        """First letter of the names of the steps of the shown track."""
        track = self.shown
        return next((sign.upper() for sign in track.title if sign.isalpha()), "T") if track else ""

    def prepare(self) -> None:
        """Measure the density of the training spectra on a worker's thread, before a track needs it."""
        density = self._density()
        self.session.runner.aside(lambda: density.support)

    def make(self, way: Way, title: str) -> None:
        """Make a track on a worker's thread and keep it; `poll` shows it.

        The first one of a map, which may take long, is announced.
        """
        workspace, state = self.session.workspace, self.session.state
        model, survey, steps = state.model_id, state.survey_id, self.steps
        title, density = title.strip() or self.next_title(), self._density()

        def compute() -> str:
            track = make_track(workspace, model, survey, way, steps=steps, title=title, support=density.support)
            return keep_track(workspace, track)

        if not density.ready:
            self.session.notify(f"{title} is computed once the density of the training spectra is measured.")
        self.computing = True
        self._asked.ask(compute)

    def poll(self) -> bool:
        """Show the track that has been made meanwhile; whether one was asked for and could not be made."""
        answer = self._asked.take()
        if answer is None:
            return False
        self.computing = False
        if answer.value is None:
            self.session.notify(answer.trouble, "bad")
            return True
        self.latest = answer.value
        self.session.state.param.update(track=answer.value, tab="track")
        self._changes.add(lambda: self._unmake(answer.value))
        return False

    def rename(self, title: str) -> None:
        """Give the shown track another name."""
        results, track_id, before = self.session.workspace.results, self.session.state.track, self.shown.title

        def undo() -> str:
            results.rename(Kind.TRACKS, track_id, before)
            self.session.state.param.trigger("track")
            return f"{title} is {before} again."

        results.rename(Kind.TRACKS, track_id, title)
        self._changes.add(undo)
        self.session.state.param.trigger("track")

    def copy(self) -> str:
        """Copy the shown track and show the copy; returns its title."""
        title = f"{self.shown.title} copy"
        copy_id = self.session.workspace.results.copy(Kind.TRACKS, self.session.state.track, title)
        self.session.state.track = copy_id
        self._changes.add(lambda: self._unmake(copy_id))
        return title

    def delete(self) -> str:
        """Delete the shown track and show the newest of the others; returns its id."""
        track_id = self.session.state.track
        self._remove(track_id)
        self._changes.add(lambda: self.restore(track_id))
        return track_id

    def restore(self, track_id: str) -> str:
        """Bring a deleted track back, show it, and say so."""
        results = self.session.workspace.results
        if not results.exists(Kind.TRACKS, track_id):
            results.restore(Kind.TRACKS, track_id)
        self.session.state.track = track_id
        return f"{results.load(Kind.TRACKS, track_id).title} is there again."

    def _unmake(self, track_id: str) -> str:
        """Undo making a track."""
        results = self.session.workspace.results
        if not results.exists(Kind.TRACKS, track_id):
            return "The track is deleted already."
        title = results.load(Kind.TRACKS, track_id).title
        self._remove(track_id)
        return f"{title} is deleted."

    def _remove(self, track_id: str) -> None:
        self.session.workspace.results.delete(Kind.TRACKS, track_id)
        kept = self.all()
        self.session.state.track = kept[0].id if kept else ""

    def draw(self, path: np.ndarray, axes: tuple[int, int], here: LatentMap, classes: tuple[str, ...]) -> None:
        """Make a track of a path that was drawn on a map.

        Parameters
        ----------
        path
            (m, 2) places.
        axes
            Axes of the map along which they lie.
        here
            The map.
        classes
            Classes whose objects the track follows; empty for all.
        """
        frame: Frame = "components" if here.basis is not None else "latents"
        known = [i for i, axis in enumerate(axes) if axis < here.n_components]
        way = Points(path[:, known], tuple(axes[i] for i in known), frame, classes, self.complete)
        self.make(way, "")

    def next_title(self) -> str:
        """``Track 1`` or the first number that is free."""
        taken = {result.title for result in self.all()}
        return next(name for number in range(1, len(taken) + 2) if (name := f"Track {number}") not in taken)

    def _density(self) -> "_Density":
        workspace, state = self.session.workspace, self.session.state
        model, survey = state.model_id, state.survey_id
        key = (survey, workspace.encoding(model, survey))
        if self._support is None or self._support[0] != key:
            self._support = key, _Density(lambda: make_support(workspace, model, survey))
        return self._support[1]


class _Density:
    """Density of the training spectra of a map, measured on the thread that first asks for it.

    Attributes
    ----------
    ready
        Whether it is measured.
    """

    def __init__(self, measure: Callable[[], Support]) -> None:
        self._measure = measure
        self.ready = False

    @cached_property
    def support(self) -> Support:
        """The density; it may load the model, and encode the spectra that it was trained on."""
        support = self._measure()
        support.prepare()
        self.ready = True
        return support
