"""The page begins before its session: its head and its skeleton are sent at once.

A session takes a second of a processor, on a busy machine several, and the browser shows nothing until the first bytes.
"""

import base64
import sys
from functools import cache

from bokeh.server.urls import per_app_patterns
from panel.io.server import DocHandler
from tornado.iostream import StreamClosedError
from tornado.template import Template

from specvae_core.assets import asset

from ..pages import PAGES
from ..theme import STYLESHEET

END = "/* Up to here"
"""Begins the comment in ``style.css`` that ends the rules of the skeleton and all that they need."""

FAILED = f"""</header><link rel="stylesheet" href="{STYLESHEET}">
<div id="failure" role="alert"><span>The server could not make this page. Its log says why.</span>
<button onclick="window.location.reload()">Reload</button></div></body></html>
"""


class PageHandler(DocHandler):
    """Answers with `opening`, then with what the session makes of ``assets/page.html``."""

    async def get(self, *arguments: object, **options: object) -> None:
        """See `DocHandler`; what goes wrong after the first bytes is told in the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(opening(self.get_query_argument("page", "")))
        try:
            await self.flush()
            await super().get(*arguments, **options)
        except StreamClosedError:  # the browser has left
            return
        except Exception:
            self.log_exception(*sys.exc_info())
            self.write(FAILED)


@cache
def _parts() -> tuple[Template, dict[str, str]]:
    style = asset("style.css").read_text(encoding="utf-8").partition(END)[0]
    logo = base64.b64encode(asset("logo.svg").read_bytes()).decode()
    parts = {"style": style, "theme": asset("theme.js").read_text(encoding="utf-8")}
    return Template(asset("opening.html").read_text(encoding="utf-8")), {
        **parts, "logo": f"data:image/svg+xml;base64,{logo}"
    }  # fmt: skip


def opening(page: str) -> bytes:
    """The first bytes: all that is in sight until the session is there, without another request.

    Parameters
    ----------
    page
        Name of the page in the address; of an unknown one the first page opens.
    """
    template, parts = _parts()
    return template.generate(page=page if page in PAGES else next(iter(PAGES)), **parts)


def send_openings() -> None:
    """Let Bokeh serve pages by `PageHandler`; its list of handlers is the place that it offers for that."""
    per_app_patterns[:] = [
        (path, PageHandler if handler is DocHandler else handler) for path, handler in per_app_patterns
    ]
