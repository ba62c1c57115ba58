"""What the meter is: platform files, their models, the parts catalogue."""
