"""Which release of fvcapacity this is: what every room may say of itself without importing the whole."""

__version__ = "0.1.0"
