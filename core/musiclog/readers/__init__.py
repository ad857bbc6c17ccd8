"""One module a format: what it claims, and a cursor that reads it as it grows."""
