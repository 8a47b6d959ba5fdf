"""The shell: header, navigation and one page at a time."""

from urllib.parse import unquote

import panel as pn
from bokeh.document import Document
from panel.io.resources import get_dist_path

from specvae_core.annotation_record import author_name
from specvae_core.errors import BadConfig, UserError

from .absent import absent
from .address import from_query, to_query
from .header import Header
from .live import Soon
from .page import Page, Session
from .pages import PAGES, page_class
from .pages.explore import columns, filter_line, strip  # noqa: F401  their scripts come only with the first page
from .pages.explore.maps import legend  # noqa: F401  its script can only be loaded with the first page
from .shared import Shared
from .state import SessionState
from .theme import ASSETS, STYLESHEET, THEME_COOKIE, SpecVAEDesign
from .warm_up import WarmUp
from .widgets import hover_card, table, upload  # noqa: F401  and so can theirs
from .widgets.damaged import damage_in
from .workspace_menu import WorkspaceMenu
from .workspaces import Workspaces

_ADDRESS_DELAY = 300  # milliseconds
_BUILD_AHEAD = 3000
"""Milliseconds without a hand on the page before another page is built, which takes far longer than to follow."""


class PageTemplate(pn.Template):
    """Panel's template, but it gathers the models of the page once and not at each part: half a second faster."""

    def __repr__(self) -> str:  # the inherited one lists all parts at every addition
        return "SpecVAE"

    def _init_doc(self, doc: Document | None = None, *arguments: object, **options: object) -> Document:
        document = doc or pn.state.curdoc
        # Panel sets this when it writes the HTML. Where a browser connects after its session has expired, the document
        # is made a second time without any HTML, and all style sheets would be asked of Panel's site.
        document.template_variables["dist_url"] = get_dist_path(cdn=False)
        with document.models.freeze():  # gathers the models once, not after each part
            return super()._init_doc(document, *arguments, **options)


def _author(cookie: str) -> str:
    """The name that the browser remembers; empty where it is none."""
    try:
        return author_name(unquote(cookie))
    except BadConfig:
        return ""


_KEYS = (
    ("s S", "save the plot under the pointer: as PNG, as SVG"),
    ("?", "this list"),
    ("Esc", "leave a text field or this list"),
)


class Shell:
    """One browser tab: state, pages and the frame around them."""

    def __init__(self, workspaces: Workspaces, warm_up: WarmUp) -> None:
        query = pn.state.location.search if pn.state.location else ""
        self._refused = ""
        self.session = Session(SessionState(), self._chosen(workspaces, query))
        left_out = self._restore(query)
        self.workspace = WorkspaceMenu(self.session, workspaces)
        self.header = Header(self.session, PAGES, self.workspace)
        if self._refused:
            self.session.state.workspace = ""
            self.session.notify(self._refused, kind="bad")
        left_out += absent(self.session.state, self.session.workspace)
        if left_out:
            what = ", ".join(left_out)
            self.session.notify(f"Part of this address does not fit and was left out: {what}.", kind="bad")
        for sentence in damage_in(self.session.workspace):
            self.session.warn_once(sentence)
        self.pages: dict[str, Page] = {}
        self._behind: list[str] = []  # built pages, out of view, that have not followed the survey or model
        self.main = pn.Column(sizing_mode="stretch_both", css_classes=["main"])
        bridge, state = self.session.bridge, self.session.state
        bridge.on_key = self.session.guard(self._key)
        bridge.on_theme = self.session.guard(lambda theme: state.param.update(theme=theme))
        bridge.on_idle = self.session.guard(self._work_ahead)
        state.param.watch(self.session.guard(self._turn), "page")
        state.param.watch(self.session.guard(self._fall_behind), ["survey_id", "model_id"])
        # Browsers refuse more than some 100 changes of the address in half a minute.
        address = Soon(lambda: bridge.set_address(to_query(state)), _ADDRESS_DELAY)
        state.param.watch(lambda *_: address(), [name for name in state.param if name != "name"])
        self.session.guard(self._show)()
        self._warm_up = warm_up
        self.session.live.watch(self.session.guard(self._poll))
        self.session.live.start()
        pn.state.onload(warm_up.rest)

    def template(self) -> pn.Template:
        """What a session adds to the opening of the page, for Panel to serve."""
        template = PageTemplate((ASSETS / "page.html").read_text(encoding="utf-8"), design=SpecVAEDesign)
        template.add_variable("page", self.session.state.page)
        template.add_variable("stylesheet", STYLESHEET)
        template.add_panel("header", self.header.view)
        template.add_panel("main", self.main)
        template.add_panel("bridge", self.session.bridge)
        return template

    def _chosen(self, workspaces: Workspaces, query: str) -> Shared:
        """The workspace that the address names; the server's own where there is none of that name."""
        try:
            return workspaces.find(str(from_query(query, lambda _: 0).values.get("workspace", "")))
        except UserError as error:
            self._refused = str(error)
            return workspaces.first

    def _restore(self, query: str) -> list[str]:
        """Take the state from the address; keys of what cannot be taken."""
        state = self.session.state
        read = from_query(query, self._n_rows)
        left_out = list(read.left_out)
        state.param.update(**read.values)
        if state.page not in PAGES:
            left_out.append("page")
            state.page = next(iter(PAGES))
        if pn.state.cookies.get(THEME_COOKIE) in ("light", "dark"):
            state.theme = pn.state.cookies[THEME_COOKIE]
        state.author = _author(pn.state.cookies.get("specvae-author", "")) or self.session.shared.author
        return left_out

    def _n_rows(self, survey_id: str) -> int:
        """Number of objects of a complete survey, 0 where there is none of that id."""
        surveys = self.session.workspace.surveys()
        return next((survey.n for survey in surveys if survey.id == survey_id and survey.complete), 0)

    def _turn(self, *events: object) -> None:
        """Show another page; one that has to be built, once the browser has heard where it is to turn."""
        if self.session.state.page in self.pages:
            self._show()
        else:
            pn.state.curdoc.add_next_tick_callback(self.session.guard(self._show))

    def _show(self) -> None:
        """Bring the page of the state up to date and into view."""
        name = self.session.state.page
        view = None if name in self.pages else self._build(name)
        try:
            self._bring_up_to_date(name)
        finally:
            if view is not None:
                self.main.append(view)  # as a whole: a change of what stands on the page costs Bokeh far more
            self.session.bridge.show("page", name)

    def _build(self, name: str) -> pn.viewable.Viewable:
        """Build a page; the browser keeps it out of sight until it is told to show it."""
        page = page_class(name)(self.session)
        view = page.view()
        view.css_classes = [*view.css_classes, f"page-{name}"]
        self.pages[name] = page  # one that could not be built is tried again
        return view

    def _bring_up_to_date(self, name: str) -> None:
        self._behind = [other for other in self._behind if other != name]
        self.pages[name].shown()

    def _fall_behind(self, *events: object) -> None:
        """Another survey or model: pages out of view follow when opened, or while nobody touches the session."""
        self._behind = [name for name in PAGES if name in self.pages and name != self.session.state.page]
        self.session.bridge.tell_left(len(self._behind))

    def _work_ahead(self, rested: float) -> None:
        """Bring one page that is out of view up to date, or build one that was not asked for yet.

        ``rested`` are milliseconds without a hand on the page.
        """
        missing = [name for name in PAGES if name not in self.pages and page_class(name).early]
        left = len(self._behind) + len(missing)
        try:
            if self._behind:
                self._bring_up_to_date(self._behind[0])
            elif missing and rested >= _BUILD_AHEAD and self._warm_up.may_build():
                view = self._build(missing[0])
                self._bring_up_to_date(missing[0])
                self.main.append(view)
        finally:
            self.session.bridge.tell_left(left)

    def _poll(self) -> None:
        self.header.poll()
        self.workspace.refresh()
        if page := self.pages.get(self.session.state.page):
            page.poll()

    def _key(self, key: str) -> None:
        page = self.pages.get(self.session.state.page)
        if key == "?":
            self.session.bridge.show_keys([*(page.keys if page else ()), *_KEYS])
        elif page:
            page.key(key)
