"""The parts of tools/bench, one concept each. Python's standard library only."""
