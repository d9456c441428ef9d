from .fastmcp import FastMCP as FastMCP
