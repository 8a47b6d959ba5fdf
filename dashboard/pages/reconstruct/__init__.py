"""The Reconstruct page and the parts that only it uses."""
