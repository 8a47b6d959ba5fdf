"""What a figure shows, as the browser has it."""

from playwright.sync_api import Page

FIGURE = """(name) => {
  const model = Bokeh.documents.map((document) => document.get_model_by_name(name)).find((found) => found != null);
  return [model, Bokeh.index.find_one(model)];
}"""


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
