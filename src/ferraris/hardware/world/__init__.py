"""What happens to the meter: mains, loads, recordings, and what people do to it."""
