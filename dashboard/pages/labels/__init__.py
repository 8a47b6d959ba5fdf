"""The Labels page and the parts that only it uses."""
