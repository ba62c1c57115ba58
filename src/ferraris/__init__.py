"""ferraris: a smart electricity meter as software."""

__version__ = "0.1.0"
