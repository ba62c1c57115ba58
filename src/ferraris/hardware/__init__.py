"""What the meter is made of and what happens to it: physics in floats; it meets the firmware at the pins."""
