"""COSEM objects as values: attribute encoders, object lists, selective access."""
