"""How components fill the space they get; gaps between them are the stylesheet's."""

WIDE = {"sizing_mode": "stretch_width", "margin": 0}
"""As wide as there is room, as high as needed."""

FULL = {"sizing_mode": "stretch_both", "margin": 0}
"""All the room there is."""

TALL = {"sizing_mode": "stretch_height", "margin": 0}
"""As high as there is room; the width is given."""
