"""What musiclog costs, beside what others cost on the same work: `python -m benchmarks` prints every table."""
