"""Fields of a form that are on the page only where they matter."""

from panel.viewable import Viewable, Viewer


class Fields(Viewer):
    """Some fields that belong together; a subclass lays them out in ``_layout``."""

    _layout: Viewable

    @property
    def shown(self) -> bool:
        """Whether they are on the page."""
        return self._layout.visible

    @shown.setter
    def shown(self, shown: bool) -> None:
        self._layout.visible = shown

    def __panel__(self) -> Viewable:
        return self._layout
