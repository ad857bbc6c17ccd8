"""The musiclog window: watches run folders, draws them, plays their samples and explains their alerts."""
