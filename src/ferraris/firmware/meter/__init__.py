"""The meter: boot, step, and the COSEM objects that show its state."""
