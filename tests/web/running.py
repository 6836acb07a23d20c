"""A real server on a free port, for as long as a test needs it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def running(server: uvicorn.Server) -> AsyncIterator[str]:
    """Run ``server``; yield its address."""
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        while not server.started:
            assert not serving.done()
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
