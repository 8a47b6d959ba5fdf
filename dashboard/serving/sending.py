"""Messages to the browser that Panel keeps back while others are under way.

Where a socket is busy, Panel puts a message aside and lets a task send it. A message that is put aside in the very
moment in which such a task ends finds the mark taken away by which its own task would know of it: it stays aside until
the page changes again, and on a page that waits for it nothing does.
"""

from bokeh.document import Document
from panel.io import document as panels

_send_those_aside = panels._dispatch_msgs


def send_all() -> None:
    """Let Panel look again, from now on, before a task of it ends."""
    panels._dispatch_msgs = _send  # Panel has no public way to it


async def _send(document: Document) -> None:
    await _send_those_aside(document)
    if document in panels._WRITE_MSGS and document not in panels._WRITE_BLOCK:
        panels._WRITE_BLOCK[document] = True
        panels._dispatch_write_task(document, _send, document)
