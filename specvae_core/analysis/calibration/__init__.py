"""Calibration: are quoted errors as large as the differences from a truth that was not learnt from?

`answers` counts, `case` holds the spectra with known truth, each of the other files has the quantities of one kind, and
`quantities` lists them all.
"""
