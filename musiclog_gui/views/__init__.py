"""What is seen: one class a file, drawing state and knowing no file."""
