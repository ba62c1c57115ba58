"""How the meter measures: sensors, converter and metrology arithmetic, from terminals to a `Reading`.

Follow the files in this order: specimen (what was built), transfer (its gain at any frequency), fir and calibrate (what
the factory sets), then the two fidelities: phasor (closed form) and synthesis, kernel, sampled (sample by sample).
"""
