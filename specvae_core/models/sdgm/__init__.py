"""The skip deep generative model for photometric redshifts (PhotoVAEz)."""
