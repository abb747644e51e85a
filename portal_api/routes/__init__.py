"""Routes, one file per noun; each holds its routes and their wire shapes."""
