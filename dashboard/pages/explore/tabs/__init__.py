"""The tabs of the lower card of the Explore page, one file each."""
