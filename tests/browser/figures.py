"""What a figure shows, as the browser has it."""

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Page

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds that `until` and all that Playwright waits for may take: another browser and more are at work beside."""


def until(page: Page, read: Callable[[], T], fits: Callable[[T], object], pause: float = 50) -> T:
    """What ``read`` gives as soon as it fits, asked for again after a pause (ms)."""
    end = time.monotonic() + PATIENCE
    while not fits(value := read()):
        assert time.monotonic() < end, f"still {value!r:.200} after {PATIENCE:g} s"
        page.wait_for_timeout(pause)
    return value


FIGURE = """(name) => {
  const look = (views) => {
    for (const view of views) {
      if (view.model?.name === name) return view;
      const inside = look(view.child_views ?? []);
      if (inside) return inside;
    }
  };
  const view = look(Bokeh.index.roots);
  return [view?.model, view];
}"""
"""The figure of a name that is on the page, and its view; a figure that was replaced may live on without one."""


def drawn(page: Page, figure: str) -> None:
    """Wait until a figure is on the page."""
    try:
        until(page, lambda: page.evaluate(f"(name) => Boolean(({FIGURE})(name)[0])", figure), bool)
    except AssertionError:
        raise AssertionError(f"no {figure} on a page that says {page.locator('body').inner_text()!r}") from None


def on_screen(page: Page, figure: str, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Where points of a figure lie in the window."""
    return page.evaluate(
        f"""([name, points]) => {{
          const [, view] = ({FIGURE})(name);
          const box = view.canvas_view.el.getBoundingClientRect();
          const {{x_scale, y_scale}} = view.frame;
          return points.map(([x, y]) => [box.x + x_scale.compute(x), box.y + y_scale.compute(y)]);
        }}""",
        [figure, points],
    )


def column(page: Page, figure: str, renderer: str, name: str) -> list:
    """A column of the source behind one renderer, as the browser has it."""
    return page.evaluate(
        f"""([name, renderer, column]) => {{
          const [model] = ({FIGURE})(name);
          return [...model.renderers.find((one) => one.name === renderer).data_source.data[column]]
            .map((value) => typeof value === "number" ? value : value == null ? null : String(value).slice(0, 20));
        }}""",
        [figure, renderer, name],
    )
