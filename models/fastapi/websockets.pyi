from starlette.websockets import WebSocket as WebSocket
