"""The command line: translates arguments to requests, and results to text."""
