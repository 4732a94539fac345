"""The control plane: SimPy processes that do what Kubernetes' controllers do, and the records they work on."""
