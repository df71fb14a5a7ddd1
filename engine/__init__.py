"""Platelight's engine: estimates passes of a plate in its own process and environment. Importing this package costs nothing."""
