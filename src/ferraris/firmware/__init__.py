"""What the meter thinks: integers and pure functions, on the standard library; it meets the hardware at the pins."""
