"""Spectra: reading, preparing, keeping, and making them up."""
