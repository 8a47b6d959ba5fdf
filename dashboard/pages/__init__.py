"""The pages, in the order of the navigation. A new page is one file here and one word in `PAGES`."""

from ..page import Page
from .compare import ComparePage
from .data import DataPage
from .endmembers import EndmembersPage
from .explore import ExplorePage
from .labels import LabelsPage
from .photoz import PhotozPage
from .reconstruct import ReconstructPage
from .train import TrainPage

PAGES: tuple[type[Page], ...] = (
    ExplorePage,
    ReconstructPage,
    TrainPage,
    ComparePage,
    LabelsPage,
    PhotozPage,
    EndmembersPage,
    DataPage,
)
