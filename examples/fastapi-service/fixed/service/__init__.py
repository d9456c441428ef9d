"""A service that runs conversion jobs."""
