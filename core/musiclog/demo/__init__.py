"""A small real training run to look at: a recurrent network in numpy that learns folk tunes."""
