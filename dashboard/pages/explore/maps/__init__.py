"""The maps of the Explore page: the corner of all panels, the focus map and what is laid over them."""
