"""Carries out a plan: begins each fault at its instant and mends it at its own.

Everything is started from the thread that calls `turn`.
"""

import heapq
import itertools
import time

import plan


class Injector:
    def __init__(self, pipeline, faults, feed, tell):
        """feed: the one that puts posts in (its import is a target too). tell: progress texts."""
        self._pipeline = pipeline
        self._feed = feed
        self._tell = tell
        order = itertools.count()
        # (instant, order, what to do); mends are added as faults begin.
        self._due = [(fault.at, next(order), self._beginning(fault)) for fault in faults]
        heapq.heapify(self._due)
        self._order = order
        self._begin = time.monotonic()
        self.done = 0
        self.open = 0

    def turn(self):
        """Does what is due."""
        while self._due and self._due[0][0] <= time.monotonic() - self._begin:
            heapq.heappop(self._due)[2]()

    def is_over(self):
        return not self._due

    def _beginning(self, fault):
        def begin():
            self._tell(str(fault))
            mend = getattr(self, "_" + fault.kind)(fault)
            self.done += 1
            if mend:
                self.open += 1
                heapq.heappush(self._due, (time.monotonic() - self._begin + fault.seconds,
                                           next(self._order), self._mending(mend)))
        return begin

    def _mending(self, mend):
        def run():
            self.open -= 1
            mend()
        return run

    # Daemons
    def _kill(self, fault):
        daemon = self._pipeline.daemons[fault.target]
        daemon.kill()
        return daemon.start

    _kill_long = _kill

    def _pause(self, fault):
        daemon = self._pipeline.daemons[fault.target]
        daemon.pause()
        return daemon.resume

    _zombie = _pause  # for longer than its group waits

    def _usurp(self, fault):
        """Silent for too long; another is started in its name; and then it wakes."""
        self._pipeline.daemons[fault.target].pause()
        return self._pipeline.usurp(fault.target)

    def _stop(self, fault):
        self._pipeline.ask_to_stop(fault.target)
        return self._pipeline.daemons[fault.target].restart

    def _add(self, fault):
        self._pipeline.start_daemons([fault.target])

        def remove():
            self._pipeline.ask_to_stop(fault.target)
        return remove

    def _kill_import(self, fault):
        self._feed.kill_next_after(fault.seconds)

    # Servers
    def _broker(self, fault):
        return self._pipeline.kafka.nodes[int(fault.target[-1]) - 1]

    def _kill_broker(self, fault):
        node = self._broker(fault)
        node.kill()
        return node.start

    def _pause_broker(self, fault):
        node = self._broker(fault)
        node.pause()
        return node.resume

    def _kill_postgres(self, _):
        self._pipeline.postgres.kill()
        return self._pipeline.postgres.process.start

    def _pause_postgres(self, _):
        self._pipeline.postgres.pause()
        return self._pipeline.postgres.resume

    # Connections
    def _proxies(self, fault):
        name = fault.target.removeprefix("net-")
        names = plan.BROKERS if name == "brokers" else [name]
        return [self._pipeline.toxiproxy.proxies[name] for name in names]

    def _with_proxies(self, fault, what):
        proxies = self._proxies(fault)
        for proxy in proxies:
            what(proxy)

        def heal():
            for proxy in proxies:
                proxy.heal()
        return heal

    def _cut(self, fault):
        return self._with_proxies(fault, lambda proxy: proxy.cut())

    _cut_all = _cut

    def _reset(self, fault):
        return self._with_proxies(fault, lambda proxy: proxy.reset())

    def _swallow(self, fault):
        return self._with_proxies(fault, lambda proxy: proxy.swallow())

    def _slow(self, fault):
        return self._with_proxies(fault, lambda proxy: proxy.slow(fault.amount))
