"""The pages, in the order of the navigation. A new page is one file here and one word in `PAGES`."""

from ..page import Page
from .data import DataPage
from .explore import ExplorePage
from .train import TrainPage

PAGES: tuple[type[Page], ...] = (ExplorePage, TrainPage, DataPage)
