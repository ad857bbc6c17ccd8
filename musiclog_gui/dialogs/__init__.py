"""The few dialogs; none is modal while data streams."""
