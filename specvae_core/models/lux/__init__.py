"""Lux (Horta et al. 2025): labels and spectra from one latent."""
