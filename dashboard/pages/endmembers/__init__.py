"""The Endmembers page and the parts that only it uses."""
