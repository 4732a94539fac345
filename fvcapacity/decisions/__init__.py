"""Pure rules of the control plane: what each Kubernetes controller decides, as (value, reason)."""
