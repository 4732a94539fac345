"""What the API server decides about a pod before it exists: LimitRange defaults and bounds, ResourceQuota."""
