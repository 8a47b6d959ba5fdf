"""The untapped semi²-supervised model for endmembers (Gemp et al. 2017)."""
