"""What runs beside the GUI thread, and the objects in it that talk to that work."""
