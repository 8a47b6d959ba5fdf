"""Kinds of figures that recipes make again: the table of each, and the Python that draws it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import pandas as pd


@dataclass(frozen=True)
class Figure:
    """How a figure is made from a recipe.

    Parameters
    ----------
    table
        Function that is called with workspace, ids of survey and model, and the values of the keys, as ``module:name``
        in this package. It is imported when it is first called, since some need PyTorch.
    keys
        Entries of the recipe; its snippet has them as ``asked``.
    drawing
        Lines of Python that draw ``table`` on ``drawn``.
    selected
        Lines of Python that draw the rows ``selected`` of the table above the others.
    of_rows
        Whether the table is of the selected objects alone: the function takes their rows, or None, before the keys.
    """

    table: str
    keys: tuple[str, ...]
    drawing: str
    selected: str = ""
    of_rows: bool = False

    def function(self) -> Callable[..., pd.DataFrame]:
        """The function itself."""
        module, name = self.table.split(":")
        return getattr(import_module(f".{module}", __package__), name)


_COLOURED = """\
from bokeh.transform import factor_cmap, linear_cmap

colour = 'navy'
if 'colour' in table and table['colour'].dtype.kind in 'fiu':
    colour = linear_cmap('colour', 'Viridis256', *table['colour'].quantile([0.01, 0.99]))
elif 'colour' in table:
    words = sorted(table['colour'].astype(str).unique())
    colour = factor_cmap('colour', (['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00'] * 40)[: len(words)], words)
"""

_LINES = """\
x = table.columns[0]
curves = [name for name in table.columns[1:] if name not in ('error', 'sigma', 'hidden', 'derivative')]
colours = ['grey', 'firebrick', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#d55e00'] * len(curves)
for name, colour in zip(curves, colours):
    drawn.line(table[x], table[name].astype(float), color=colour, legend_label=name)
drawn.xaxis.axis_label = x
"""

_ROWS = """\
x, y = [name for name in table.columns if name != 'id'][:2]
words = table[x].dtype.kind not in 'fiu'
drawn = figure(x_range=list(table[x].unique()), x_axis_label=x, y_axis_label=y) if words else drawn
drawn.scatter(table[x], table[y], size=8)
"""

_LABELS = """\
from bokeh.layouts import row

beside = figure(x_axis_label='sn', y_axis_label='predicted - catalogue')
beside.scatter(table['sn'], table['predicted'] - table['catalogue'], size=4)
drawn.scatter(table['catalogue'], table['predicted'], size=4)
drawn.xaxis.axis_label, drawn.yaxis.axis_label = f"catalogue {asked['label']}", 'predicted'
drawn = row(drawn, beside)
"""

_HISTOGRAMS = """\
import numpy as np

for name, colour in zip(table.columns[1:], ['#0072b2', '#d55e00']):
    counts, edges = np.histogram(table[name], 20, (0, 1))
    drawn.quad(left=edges[:-1], right=edges[1:], bottom=0, top=counts, color=colour, alpha=0.5, legend_label=name)
drawn.xaxis.axis_label, drawn.yaxis.axis_label = 'PIT', 'objects'
"""

_TABLE = """\
from bokeh.models import ColumnDataSource, DataTable, TableColumn

columns = [TableColumn(field=name, title=name) for name in table]
drawn = DataTable(source=ColumnDataSource(dict(table.items())), columns=columns, width=900)
"""


def _points(x: str, y: str, source: str = "table", colour: str = "color=colour, size=4") -> str:
    """Lines that draw a column against another one; both are names, or expressions over what was ``asked``."""
    return f"drawn.scatter({x}, {y}, source=dict({source}.items()), {colour})\n"


def _plane(x: str, y: str, x_label: str, y_label: str) -> tuple[str, str]:
    """Lines that draw all objects in a plane, and those that draw the selected ones above them."""
    labels = f"drawn.xaxis.axis_label, drawn.yaxis.axis_label = {x_label}, {y_label}\n"
    above = _points(x, y, "selected", "color=None, line_color='black', size=6")
    return _COLOURED + _points(x, y) + labels, above


_CORNER = (
    _COLOURED
    + """\
import numpy as np
from bokeh.layouts import gridplot

axes, panels, grid = asked['axes'], {}, []
for i, y in enumerate(axes):
    counts, edges = np.histogram(table[y].dropna(), 60)
    bars = figure(width=180, height=180, x_axis_label=y)
    bars.quad(left=edges[:-1], right=edges[1:], bottom=0, top=counts, color='grey')
    for x in axes[:i]:
        panels[x, y] = figure(width=180, height=180, x_axis_label=x, y_axis_label=y)
        panels[x, y].scatter(x, y, source=dict(table.items()), color=colour, size=2)
    grid.append([*(panels[x, y] for x in axes[:i]), bars])
drawn = gridplot(grid)
"""
)

_ABOVE = """\
for (x, y), panel in panels.items():
    panel.scatter(x, y, source=dict(selected.items()), color=None, line_color='black', size=4)
"""

_STRIP = """\
from bokeh.layouts import gridplot

few = [name for name in ('distance', 'interest', 'sigma') if name in table]
tiles = []
for name, one in table.groupby('id', sort=False):
    said = ', '.join(f'{word} {one[word].iloc[0]:.3g}' for word in few)
    tile = figure(width=300, height=160, title=f'{name}: {said}')
    tile.line(one['wavelength'], one['flux'])
    tiles.append(tile)
drawn = gridplot(tiles, ncols=4)
"""

_ASKED = "asked['x']", "asked['y']"

_REDSHIFTS = "'z_spec'", "'z_phot'"

FIGURES = {
    "map": Figure("figures:map_table", ("x", "y", "colour"), *_plane("'x'", "'y'", *_ASKED)),
    "corner": Figure("figures:corner_table", ("axes", "colour"), _CORNER, _ABOVE),
    "similar": Figure("strip_tables:similar_table", ("object", "among", "top"), _STRIP),
    "proposals": Figure("strip_tables:proposal_table", ("scores", "top", "without"), _STRIP),
    "spectrum": Figure("figures:spectrum_table", ("object",), _LINES),
    "labels": Figure("page_tables:label_table", ("label", "unseen"), _LABELS),
    "label errors": Figure("page_tables:label_error_table", (), _TABLE),
    "diagram": Figure("page_tables:diagram_table", ("x", "y", "colour", "source"), _plane("'x'", "'y'", *_ASKED)[0]),
    "spectrum from labels": Figure("page_tables:emulator_table", ("labels", "label"), _LINES),
    "redshifts": Figure("redshift_tables:redshift_table", ("estimator", "colour"), *_plane(*_REDSHIFTS, *_REDSHIFTS)),
    "PIT": Figure("redshift_tables:pit_table", (), _HISTOGRAMS, of_rows=True),
    "redshift metrics": Figure("redshift_tables:metrics_table", (), _TABLE, of_rows=True),
    "p(z)": Figure("redshift_tables:density_table", ("object",), _LINES),
    "n(z)": Figure("redshift_tables:tomography_table", ("bins",), _LINES),
    "endmembers": Figure("page_tables:endmember_table", ("fractions", "object"), _LINES),
    "abundances": Figure("page_tables:abundance_table", (), _ROWS),
    "models": Figure("page_tables:models_table", ("object", "models"), _LINES),
    "neighbours": Figure("page_tables:neighbours_table", ("models",), _ROWS),
    "rows": Figure("page_tables:rows_table", ("of", "result", "shown"), _ROWS),
    "solution": Figure(
        "page_tables:solution_table", ("object", "problem", "method", "starts", "seed", "weight"), _LINES
    ),
}
"""All figures by the names that recipes have for them."""
