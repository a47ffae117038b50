"""The service: web API, jobs and MCP server. Needs the extra `serve`; the command line alone imports it, when a server starts."""
