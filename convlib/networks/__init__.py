"""Networks as values: their layers, what they cost and see, their text, and the named ones."""
