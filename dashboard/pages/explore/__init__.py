"""The Explore page and the parts that only it uses."""
