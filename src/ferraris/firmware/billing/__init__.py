"""What the energy is worth: registers and load profiles."""
