"""The parts of tools/soak: what is served, who comes for it, what happens meanwhile."""
