"""Modulator steps per second of pydsm (GPL), one channel of second order; run with its own interpreter."""

import time

import numpy as np
from pydsm.delsig import simulateDSM, synthesizeNTF

STEPS = 1_000_000

ntf = synthesizeNTF(2, 128, 0)
u = 0.5 * np.sin(2.0 * np.pi * np.arange(STEPS) / 20480.0)
simulateDSM(u[:1000], ntf)
began = time.thread_time()
simulateDSM(u, ntf)
print(STEPS / (time.thread_time() - began))
