"""Memory plans of every published model on devices of many sizes, and the time of an answer.

Arithmetic on records: nothing is loaded and no device is needed. More memory must never give a
slower plan, or none where less had one.
"""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import median

from benchmarks.measure import Figure, Measure
from core.models.families import FAMILIES
from core.models.fit.plans import GIB, FreeMemory, Parts, fit

SIZES = (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 141)  # GiB
RAM = 256 * GIB
SIDE = 1024


def measure(quick: bool) -> Figure:
    """Steps down while memory grows, models without a plan, milliseconds of an answer."""
    table: dict[str, list[str | None]] = {}
    seconds: list[float] = []
    slower = 0
    for family in FAMILIES.values():
        for variant in family.variants:
            parts = Parts(variant.parameters, family.core)
            ranks: list[int] = []
            plans: list[str | None] = []
            for size in SIZES:
                memory = FreeMemory("cuda", size * GIB, size * GIB, RAM)
                began = time.perf_counter()
                result = fit(parts, memory, family.quantization, SIDE, SIDE)
                seconds.append(time.perf_counter() - began)
                order = [plan for plan, _ in result.needs]
                plans.append(result.plan.id if result.plan else None)
                ranks.append(order.index(result.plan) if result.plan else len(order))
            table[variant.id] = plans
            slower += sum(after > before for before, after in pairwise(ranks))
    unplanned = sum(plans[SIZES.index(24)] is None for plans in table.values())
    measures = [
        Measure("more memory that gives a slower plan", slower, "", 0.0),
        Measure("models without a plan at 24 GiB", unplanned, "", 0.0),
        Measure("models, each on devices of 4 to 141 GiB", len(table)),
        Measure("one answer", 1000 * median(seconds), "ms"),
    ]
    return Figure("fit", measures, {"gib": SIZES, "plans": table})
