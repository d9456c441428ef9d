from langchain_core.tools import Tool as Tool, tool as tool
