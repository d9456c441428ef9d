"""The project: settings and routes of the community site."""
