"""The parts of the Photo-z page."""
