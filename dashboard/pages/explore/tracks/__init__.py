"""Tracks through latent space: the list of them, the form for a new one, their marks and plots."""
