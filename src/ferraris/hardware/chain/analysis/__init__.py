"""Quantities of a measurement: from calibrated samples to everything a metering engineer asks a power analyser for.

Follow the files in this order: definitions and effective (formulas, one function each), samples (the waveforms the
metrology sees, and blocks of 10 or 12 whole cycles of them), spectrum, quantities (everything together), wiring (what
the angles say about the connections).
"""
