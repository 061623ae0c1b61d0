"""The rules that tools/tidy checks, one module per kind. policy.py says what applies where."""
