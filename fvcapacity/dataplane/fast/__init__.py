"""The fast plane: the semantics of the reference plane, compiled over flat arrays."""
