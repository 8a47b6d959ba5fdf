"""The pages, in the order of the navigation. A new page is one folder here and one word in `PAGES`.

A page is imported when it is first shown: what stands behind all of them takes longer to load than the first one takes
to appear.
"""

from importlib import import_module

from ..page import Page

PAGES = {
    "explore": "Explore",
    "reconstruct": "Reconstruct",
    "train": "Train",
    "compare": "Compare",
    "labels": "Labels",
    "photoz": "Photo-z",
    "endmembers": "Endmembers",
    "data": "Data",
}
"""Name in the address, and word in the navigation."""


def page_class(name: str) -> type[Page]:
    """The class of a page: of the page ``train`` that is ``TrainPage`` in ``train/page.py``."""
    return getattr(import_module(f".{name}.page", __name__), f"{name.capitalize()}Page")
