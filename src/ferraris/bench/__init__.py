"""The bench: it joins hardware and firmware, and says what time it is."""
