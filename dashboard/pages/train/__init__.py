"""The Train page and the parts that only it uses."""
