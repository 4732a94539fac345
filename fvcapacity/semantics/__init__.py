"""Pure data-plane rules: small scalar functions that both planes call."""
