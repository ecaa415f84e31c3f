"""A module for each command of `python3 -m reports`: its options, its exit code, what it prints."""
