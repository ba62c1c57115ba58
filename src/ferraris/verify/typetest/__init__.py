"""The type test: what an accredited laboratory does with one meter, in simulation.

Read on in this order: points (what is set up and measured), waves (what that puts on the terminals, and the exact
energy it carries), laboratory (the meter under test, its pulses and the stop-watch), plan and influences (the rows of a
class and the points each needs), judge (rows and observations to findings, and the verdict).
"""
