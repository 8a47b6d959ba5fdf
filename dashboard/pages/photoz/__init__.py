"""The Photo-z page and the parts that only it uses."""
