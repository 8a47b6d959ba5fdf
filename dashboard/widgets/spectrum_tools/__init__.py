"""The tools of a large spectrum and what they draw, for every page that shows one; begin with `plots_with_tools`."""
