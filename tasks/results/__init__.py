"""Keep every measured figure as a file, and the tables of the documents made from it."""
