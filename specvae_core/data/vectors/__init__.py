"""Files of vectors, one an object: what is in them, and the vectors block by block."""
