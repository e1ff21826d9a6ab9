"""The client of the gateway: HTTP/1.1 and WebSocket on plain asyncio protocols, over C parsers."""
