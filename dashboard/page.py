"""The contract between the shell and a page.

A page is one class in one file of ``dashboard/pages``, named in ``PAGES``. The shell then

1. imports it and makes one instance for each session when the page is first shown, or before that, while nobody touches
   the session; ``__init__`` stores the `Session`;
2. calls `Page.view` once, right after that. What it returns fills the window below the header
   (``sizing_mode="stretch_both"``); afterwards it is hidden and shown again, never rebuilt;
3. calls `Page.shown` every time before the page comes into view, also the first time, after `Page.view`, when the
   page is not in the document yet. Where it is built before anyone asks for it, or follows another survey while nobody
   touches the session, ``session.state.page`` is another page, and `Page.shown` leaves the state as it is;
4. calls `Page.poll` about four times a second while the page is in view, on the document's own thread: compare
   ``session.runner.jobs()`` and the workspace with what is drawn, and change only what differs;
5. calls `Page.key` for each key pressed outside of a text field while the page is in view.

A page talks to other pages only through ``session.state`` (ids, watched with ``state.param.watch``): to open a model in
Explore, set ``state.survey_id``, ``state.model_id`` and ``state.page = "explore"``. Every callback given to a widget
is wrapped as ``session.guard(callback)``: a `UserError` then appears as a notice in the page, anything else as a notice
and in the log. Use ``session.notify(sentence)`` for good news. Text that came from a file is escaped (``html.escape``).

For the looks use `widgets.card.Card` for a surface, `widgets.empty.EmptyState` where there is nothing to show yet,
`widgets.computed.Computed` for what a task computes, and the classes of ``assets/style.css``: ``muted``, ``pill`` for
small buttons, ``primary`` for the one main button, ``table`` for a plain table. A plot that stays on the page is a
`theme.ThemedPlot`, which names the colours of its glyphs; watch ``state.theme`` to call its ``dress`` again. Short
computations beside the page are an `aside.Aside`.
"""

import logging
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import ClassVar

import panel as pn
from bokeh.document import Document
from bokeh.document.events import (
    ColumnDataChangedEvent,
    ColumnsPatchedEvent,
    ColumnsStreamedEvent,
    ModelChangedEvent,
)
from panel.io import unlocked
from panel.viewable import Viewable

from specvae_core.annotation_record import Annotation
from specvae_core.errors import UserError
from specvae_core.jobs import JobRunner
from specvae_core.workspace import Workspace

from .bridge import Bridge
from .live import Live
from .shared import Shared
from .state import SessionState

LOG = logging.getLogger("specvae.dashboard")

Guard = Callable[[Callable], Callable]
"""`Session.guard` as widgets get it: wraps their callbacks so that errors become notices."""


@dataclass(frozen=True, eq=False)
class Session:
    """All that a page may reach.

    Parameters
    ----------
    state
        Ids and numbers of what this tab shows.
    shared
        Arrays and models that all sessions read; ``shared.workspace`` and ``shared.runner`` are there too.
    bridge
        The way into the browser: saved files, the clipboard.
    live
        Periodic calls, for parts that work while their page is hidden.
    id
        Whose changes of annotations an undo takes back.
    """

    state: SessionState
    shared: Shared
    bridge: Bridge = field(default_factory=Bridge)
    live: Live = field(default_factory=Live)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _warned: set[str] = field(default_factory=set)

    def notify(self, sentence: str, kind: str = "info") -> None:
        """Show a notice; kinds are info, good and bad."""
        self.bridge.notify(sentence, kind)

    def warn_once(self, sentence: str) -> None:
        """Show a bad notice, unless this session has shown it already."""
        if sentence not in self._warned:
            self._warned.add(sentence)
            self.notify(sentence, kind="bad")

    def annotate(self, object_id: str, **fields: object) -> Annotation:
        """Change the annotation of an object by the person at this page, and return it."""
        state = self.state
        return self.workspace.annotations.change(state.survey_id, object_id, self.id, state.author, **fields)

    def annotation(self, object_id: str) -> Annotation:
        """Annotation of an object by the person at this page."""
        return self.workspace.annotations.get(self.state.survey_id, object_id, self.state.author)

    @property
    def workspace(self) -> Workspace:
        """The workspace that is served."""
        return self.shared.workspace

    @property
    def runner(self) -> JobRunner:
        """The job runner of the server."""
        return self.shared.runner

    def guard(self, callback: Callable) -> Callable:
        """The same callback, with its errors shown to the user in one sentence.

        Panel runs some callbacks without holding the document's lock, and Bokeh then refuses changes of its figures;
        `unlocked` gathers the changes and sends them, in their order, whether the lock is held or not.
        """

        @wraps(callback)
        def guarded(*args: object, **kwargs: object) -> object:
            if self.live.closed:  # a page that is built now would stay in the closed document, with the session
                return None
            try:
                with unlocked():
                    try:
                        return callback(*args, **kwargs)
                    finally:
                        _forget_what_left(pn.state.curdoc)
            except UserError as error:
                self.notify(str(error), kind="bad")
            except Exception as error:
                LOG.exception("A callback of the page failed")
                self.notify(
                    f"That did not work ({type(error).__name__}: {error}); the server's log says more.", kind="bad"
                )
            return None

        return guarded


def _forget_what_left(document: Document | None) -> None:
    """Drop the changes of models that were put into the document and taken out again before any change was sent.

    Bokeh holds changes back and combines them: where a plot is replaced twice, the browser receives the last one only.
    It gives up the whole message, and all later ones, at a change of a plot that it has never seen.
    """
    if document is None or not document.callbacks.hold_value:
        return
    held = document.callbacks._held_events  # Bokeh has no public way to them
    held[:] = [event for event in held if not isinstance(event, _EVENTS_OF_MODELS) or event.model.document is document]


_EVENTS_OF_MODELS = (ModelChangedEvent, ColumnDataChangedEvent, ColumnsStreamedEvent, ColumnsPatchedEvent)


class Page(ABC):
    """One page of the dashboard; see the top of this file."""

    name: ClassVar[str]
    """Key in `PAGES` and in the address."""
    keys: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Keys that the page answers to and what they do, for the list behind ``?``."""

    early: ClassVar[bool] = True
    """Whether it may be built before anyone asks for it.

    Not where most of it hangs on an object, a survey or a model that it takes into the session when it is shown: to
    change a page that the browser has takes longer than to build one.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    @abstractmethod
    def view(self) -> Viewable:
        """Build the page; called once."""

    def shown(self) -> None:  # noqa: B027 - optional
        """Bring the page up to date: it comes into view, or does so ahead."""

    def poll(self) -> None:  # noqa: B027 - optional
        """Show what has changed in jobs and workspace; called about four times a second while in view."""

    def key(self, key: str) -> None:  # noqa: B027 - optional
        """Answer a key (``ArrowLeft``, ``l``, ``/``…)."""
