"""The form of a download: a public sample, the list of what is wanted, and where it goes."""

import html
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import panel as pn
from panel.viewable import Viewable, Viewer

from dashboard.aside import Aside
from dashboard.page import Guard
from dashboard.widgets.layout import WIDE
from dashboard.widgets.settings import ErrorLine
from dashboard.widgets.upload import UploadField
from specvae_core.data.samples import DESI_RELEASES, SAMPLES, check_list
from specvae_core.data.text_lists import read_lines
from specvae_core.errors import UserError
from specvae_core.names import checked
from specvae_core.tasks.download import MOST_PARALLEL, PARALLEL
from specvae_core.workspace import Workspace

EXAMPLES = {"sdss": "0266-51602-0013", "desi": "80605-20210205-0", "urls": "https://… sha256:…"}
MOST_CHARACTERS = 5_000_000
"""Characters of a pasted list, some 300,000 objects; Panel's own limit is 5,000, beyond which it cuts silently."""


class DownloadForm(Viewer):
    """Sample, list, name of the folder, and the button that starts.

    Parameters
    ----------
    workspace
        Gets the files, under ``downloads/NAME``.
    on_start
        Called with the arguments of the task once all of them are good.
    aside
        Runs work on another thread: lists are long.
    """

    def __init__(
        self,
        workspace: Workspace,
        on_start: Callable[[Mapping[str, object]], object],
        aside: Callable[[Callable[[], object]], object],
        guard: Guard,
    ) -> None:
        super().__init__()
        self._reading: Aside[list[str]] = Aside(aside)
        self._asked: dict[str, object] = {}
        self._folder, self._on_start, self._suggested = workspace.folder / "downloads", on_start, ""
        self._used: set[str] = set()
        titles = {sample.title.partition(": ")[0]: name for name, sample in SAMPLES.items()}
        self._about = pn.pane.HTML("", css_classes=["muted"], **WIDE)
        self.error = ErrorLine()
        self.start = pn.widgets.Button(label="Download", color="primary", css_classes=["primary", "start"], **WIDE)
        self.start.on_click(guard(lambda _: self._start()))
        self.sample = pn.widgets.Select(label="Public sample", options=titles, css_classes=["sample"], **WIDE)
        self.sample.param.watch(guard(lambda event: self._show()), "value")
        self._lists = self._what(workspace.folder / "uploads", guard)
        self._layout = pn.Column(
            self.sample, self._about, self._lists, self._where(), *self._rest(), self.error, self.start,
            css_classes=["form", "download"], **WIDE,
        )  # fmt: skip
        self._show()

    def _what(self, uploads: Path, guard: Guard) -> pn.Column:
        """The list of what to fetch, typed or dropped as a file."""
        self.list = pn.widgets.TextAreaInput(
            label="What to fetch, one per line",
            rows=3,
            auto_grow=True,
            max_rows=8,
            max_length=MOST_CHARACTERS,
            css_classes=["wanted"],
            **WIDE,
        )
        self.upload = UploadField(
            uploads,
            lambda: None,
            guard,
            invitation="or drop the list as a file",
            css_classes=["upload", "slim"],
            **WIDE,
        )
        return pn.Column(self.list, self.upload, css_classes=["form"], **WIDE)

    def _where(self) -> pn.Row:
        """Release and folder."""
        self.release = pn.widgets.Select(label="Release", options=list(DESI_RELEASES), css_classes=["release"], **WIDE)
        self.folder_name = pn.widgets.TextInput(
            label="Folder",
            description="In the workspace, under downloads. Files that are there already are not fetched again.",
            css_classes=["download-name"],
            **WIDE,
        )
        return pn.Row(self.release, self.folder_name, css_classes=["grid-row"], **WIDE)

    def _rest(self) -> tuple[pn.widgets.Toggle, pn.Row]:
        """What is rarely changed, and the toggle that shows it."""
        self.archive = pn.widgets.TextInput(
            label="Mirror",
            placeholder="the archive itself",
            description="Root address of a mirror in the place of the archive's own.",
            css_classes=["archive"],
            **WIDE,
        )
        self.parallel = pn.widgets.IntInput(
            label="Files at a time", value=PARALLEL, start=1, end=MOST_PARALLEL, css_classes=["parallel"], **WIDE
        )
        more = pn.Row(self.archive, self.parallel, visible=False, css_classes=["grid-row"], **WIDE)
        toggle = pn.widgets.Toggle(label="More settings (2)", css_classes=["more"])
        toggle.link(more, value="visible")
        return toggle, more

    def clear(self) -> None:
        """Forget the list."""
        self.list.value = ""
        self.upload.clear()
        self._name()

    def _show(self) -> None:
        """What the sample needs."""
        sample = SAMPLES[self.sample.value]
        words = [sample.title.partition(": ")[2]]
        words += [f"each line {sample.lists}"] if sample.lists else []
        words += [f"please cite {sample.cite}"] if sample.cite else []
        text = "; ".join(words)
        self._about.object = html.escape(f"{text[0].upper()}{text[1:]}.")
        self._lists.visible = bool(sample.lists)
        self.list.placeholder = EXAMPLES.get(self.sample.value, "")
        self.release.visible = self.sample.value == "desi"
        self.error.show("")
        self._name()

    def _name(self) -> None:
        """Name the folder after the sample, unless the user has named it; each list gets one of its own."""
        if self.folder_name.value in ("", self._suggested):
            number, name = 1, self.sample.value
            while self._lists.visible and (name in self._used or (self._folder / name).exists()):
                number += 1
                name = f"{self.sample.value}-{number}"
            self._suggested = self.folder_name.value = name

    def _start(self) -> None:
        """Take the fields as they are now, and let the list be read and checked."""
        sample, name = self.sample.value, self.folder_name.value.strip()
        self._reading.forget()
        try:
            checked(name, "download")
        except UserError as error:
            self.error.show(str(error))
            return
        self.error.show("")
        self._asked = {"sample": sample, "name": name, "parallel": self.parallel.value}
        self._asked |= {"archive": self.archive.value.strip()} if self.archive.value.strip() else {}
        self._asked |= {"release": self.release.value} if self.release.visible else {}
        typed = self.list.value if self._lists.visible else ""
        files = [self.upload.folder / one for one in self.upload.names] if self._lists.visible else []
        self._reading.ask(partial(_items, sample, typed, files))

    def poll(self) -> None:
        """Start the download once its list has been read."""
        answer = self._reading.take()
        if answer is None:
            return
        if answer.value is None:
            self.error.show(answer.trouble)
            return
        name = self._asked["name"]
        self._on_start({**self._asked, "items": answer.value})
        self._suggested = name
        self._used.add(name)
        self.clear()

    def __panel__(self) -> Viewable:
        return self._layout


def _items(sample: str, typed: str, files: Sequence[Path]) -> list[str]:
    """The lines of the list, those that were typed first, once they are what the sample needs."""
    lines = typed.splitlines()
    for path in files:
        lines += read_lines(path, "one object per line", largest=MOST_CHARACTERS)
    items = [line for line in lines if line.strip()]
    check_list(sample, items)
    return items
