"""The Compare page and the parts that only it uses."""
