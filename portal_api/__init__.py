"""Front hall: HTTP, WebSocket, command line, worker, wiring and authentication.

The only room that sees all the others. It translates, calls one service function, and translates back.
"""
