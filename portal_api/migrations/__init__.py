"""Schema migrations: they need every room's tables, so they live at the top of the house."""
