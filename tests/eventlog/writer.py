"""A process that writes until it is killed, and says what was acknowledged to it.

``python -m tests.eventlog.writer <dsn of the app> <service> <number of the first command>``
"""

import asyncio
import sys
from itertools import count

from shared.eventlog import Write
from tests.eventlog.house import Database, House, open_house
from tests.eventlog.samples import cause, opened

TASKS = 32


async def write(house: House, numbers: "count[int]") -> None:
    """Put command after command, and print ``<number> <position>`` for each acknowledgement."""
    for number in numbers:
        write = Write(f"box-{number}", (opened,), 0)
        answer = await house.log.append([write], cause=cause(number))
        sys.stdout.write(f"{number} {answer.position}\n")
        sys.stdout.flush()


async def main(dsn: str, service: str, first: int) -> None:
    """Write with many tasks, for ever."""
    database = Database(service, admin_dsn="", app_dsn=dsn, relay_dsn="")
    numbers = count(first)
    async with open_house(database) as house, asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(write(house, numbers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
