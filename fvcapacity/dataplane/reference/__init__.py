"""The reference plane: the definition of the semantics, in SimPy."""
