"""The Data page and the parts that only it uses."""
