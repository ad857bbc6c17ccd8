"""Log, score and watch the training of models that write music as notes."""
