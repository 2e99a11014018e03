"""Which fault happens when, all of it from one seed: the same seed gives the same plan.

A plan knows nothing of processes: it names targets ("process-1", "broker-2", "postgres", …) and
instants in seconds after the load has begun. faults.py does what it says.
"""

import dataclasses
import random

# A daemon that is silent for longer is dead to its group (settings.py says so to Kafka).
SESSION_TIMEOUT_S = 6.0
# After a fault of a broker, until its partitions are whole again: no other broker is touched.
BROKER_RECOVERY_S = 9.0
GAP_S = (0.6, 3.4)  # between the beginnings of two faults


@dataclasses.dataclass(frozen=True)
class Fault:
    at: float  # seconds
    kind: str
    target: str
    seconds: float  # until it is mended
    amount: int = 0  # milliseconds, for what is slowed

    @property
    def until(self):
        return self.at + self.seconds

    def __str__(self):
        amount = f" by {self.amount} ms" if self.amount else ""
        return f"{self.at:7.2f} s  {self.kind} {self.target}{amount} for {self.seconds:.2f} s"


DAEMONS = ("ingest-1", "ingest-2", "process-1", "process-2", "sink-1", "sink-2", "replay-1")
# Started and stopped under load.
EXTRA = ("process-3", "process-4", "sink-3", "ingest-3")
BROKERS = ("broker-1", "broker-2", "broker-3")

# kind: (weight, its targets, shortest and longest time in seconds)
KINDS = {
    "kill": (22, DAEMONS, (0.0, 3.0)),
    "kill_long": (6, DAEMONS[:6], (SESSION_TIMEOUT_S + 1, SESSION_TIMEOUT_S + 3)),
    "pause": (8, DAEMONS, (0.2, 2.0)),
    "zombie": (12, DAEMONS[:6], (SESSION_TIMEOUT_S + 1.5, SESSION_TIMEOUT_S + 4)),
    "usurp": (4, DAEMONS[:6], (SESSION_TIMEOUT_S + 1.5, SESSION_TIMEOUT_S + 4)),
    "stop": (8, DAEMONS, (0.0, 3.0)),
    "add": (8, EXTRA, (4.0, 12.0)),
    "kill_import": (5, ("import",), (0.0, 0.6)),
    "kill_broker": (8, BROKERS, (0.0, 4.0)),
    "pause_broker": (6, BROKERS, (0.5, 6.0)),
    "kill_postgres": (7, ("postgres",), (0.0, 4.0)),
    "pause_postgres": (4, ("postgres",), (0.5, 4.0)),
    "cut": (6, ("net-broker-1", "net-broker-2", "net-broker-3", "net-postgres"), (0.5, 4.0)),
    "cut_all": (3, ("net-brokers",), (1.0, 7.0)),
    "reset": (4, ("net-broker-1", "net-broker-2", "net-broker-3", "net-postgres"), (0.5, 3.0)),
    "swallow": (4, ("net-broker-1", "net-broker-2", "net-broker-3", "net-postgres"), (0.5, 4.0)),
    "slow": (5, ("net-brokers", "net-postgres"), (2.0, 6.0)),
}


def make(seed, count):
    """`count` faults in order of time; no target is touched twice at once."""
    pick = random.Random(f"faults {seed}")
    plan, at = [], 1.0
    must = _one_of_each(pick, count)
    while len(plan) < count:
        at += pick.uniform(*GAP_S)
        kinds = must or pick.choices(list(KINDS), [weight for weight, _, _ in KINDS.values()])
        for kind in kinds:
            fault = _one(pick, round(at, 2), kind)
            if not any(_in_the_way(earlier, fault) for earlier in plan):
                plan.append(fault)
                if must:
                    must.remove(kind)
                break
    return plan


def _one_of_each(pick, count):
    """Even a short run meets every kind that matters most, in a shuffled order."""
    must = ["kill", "kill", "zombie", "usurp", "add", "stop", "kill_broker", "pause_broker",
            "kill_postgres", "cut", "cut_all", "slow", "kill_long", "swallow", "pause_postgres"]
    must = must[:count]
    pick.shuffle(must)
    return must


def _one(pick, at, kind):
    _, targets, span = KINDS[kind]
    target = pick.choice(targets)
    seconds = round(pick.uniform(*span), 2)
    amount = pick.randrange(50, 400) if kind == "slow" else 0
    return Fault(at, kind, target, seconds, amount)


def _in_the_way(earlier, fault):
    """Whether the earlier one is not over, for what the new one touches."""
    if _is_about_brokers(earlier) and _is_about_brokers(fault):
        is_gone = earlier.target in BROKERS
        return fault.at < earlier.until + (BROKER_RECOVERY_S if is_gone else 1.5)
    same = earlier.target.removeprefix("net-") == fault.target.removeprefix("net-")
    # Two of one name need a while to find out which of them stays.
    return same and fault.at < earlier.until + (20.0 if earlier.kind == "usurp" else 1.0)


def _is_about_brokers(fault):
    return "broker" in fault.target
