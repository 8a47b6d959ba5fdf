"""The beginning of a page, before there is a session."""

import re

from dashboard.pages import PAGES
from dashboard.serving.opening import END, opening
from specvae_core.assets import asset


def test_it_is_the_skeleton_of_the_page_that_is_asked_for() -> None:
    names = [
        re.findall(r'data-page="([^"]*)"', opening(name).decode().partition("<body>")[2])
        for name in (*PAGES, "", '"><script>')
    ]
    first = next(iter(PAGES))
    assert names == [[name] for name in (*PAGES, first, first)]


def test_it_needs_no_other_request() -> None:
    text = opening("explore").decode()
    assert not re.findall(r'(?:src|href)="(?!data:|\./)', text)


def test_it_holds_all_variables_that_its_rules_use() -> None:
    assert asset("style.css").read_text(encoding="utf-8").count(END) == 1
    text = opening("explore").decode()
    assert "#skeleton {" in text
    assert set(re.findall(r"var\((--[a-z-]+)", text)) <= set(re.findall(r"(--[a-z-]+):", text))
