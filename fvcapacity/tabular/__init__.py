"""Tables as every room takes them: described columns, frames held to them, files, whole directories."""
