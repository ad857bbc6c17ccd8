"""What the window knows: Qt objects and models without widgets, owned by the GUI thread."""
