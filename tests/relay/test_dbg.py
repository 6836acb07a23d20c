import asyncio, pytest, logging
from deploy.local.stack import Stack
from tests.kafka.house import House, running, until
from shared.relay import reconcile
pytestmark = pytest.mark.integration
async def test_dbg(house, stack):
    logging.getLogger("aiokafka.consumer").setLevel(logging.DEBUG)
    relay = house.relay()
    consumer = house.consumer()
    async with running(relay, consumer):
        await house.fill("a", range(20, 30))
        await until(lambda: house.all_noted(range(20, 30)))
        load = asyncio.ensure_future(house.fill("b", range(30, 130)))
        await asyncio.to_thread(stack.kill, "kafka")
        await load
        await house.fill("c", range(130, 150))
        await until(lambda: relay.health.lag_events >= 20)
        await asyncio.to_thread(stack.restart, "kafka")
        logging.getLogger("aiokafka").warning("RESTARTED")
        try:
            await until(lambda: house.all_noted(range(20, 150)), limit_s=60)
        except TimeoutError:
            print(relay.health, consumer.health, await house.log.head())
            print(await reconcile(house.brokers, house.topic, 1, await house.log.head()))
            for t in asyncio.all_tasks():
                print(t.get_name(), t.get_coro().__qualname__); t.print_stack(limit=4)
            raise
