from langchain_core.tools import BaseTool as BaseTool, StructuredTool as StructuredTool, Tool as Tool, tool as tool
