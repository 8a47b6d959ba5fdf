"""The contract of a tab in the lower card: one file, one class, one word in `TABS` of the card."""

from abc import ABC, abstractmethod

from panel.viewable import Viewable

from ..view import MapView


class Tab(ABC):
    """One tab, imported and made when it is first opened."""

    def __init__(self, view: MapView) -> None:
        self.view = view

    @abstractmethod
    def build(self) -> Viewable:
        """Its content; called once, when it is first opened."""

    @abstractmethod
    def refresh(self, changed: set[str]) -> None:
        """Follow the state; called only while it is open. ``changed`` names parameters of the state, or ``map``."""

    def key(self, key: str) -> bool:
        """Answer a key while the tab is open; whether it has, so that the page need not."""
        return False
