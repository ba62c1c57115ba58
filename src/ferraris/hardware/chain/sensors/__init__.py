"""The laws of the sensors that are not linear, or have memory: magnetic cores, heat, carbon and film, fields."""
