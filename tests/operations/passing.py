"""Operations that may run without a trace: one that takes its time, and one that fails or dies."""

from tests.operations.counting import Counting
from tests.operations.crash import Crash


class PassingCount(Counting):
    """Counts for whoever looks."""

    name = "passing_count"
    title = "Passing count"
    transient = True


class PassingCrash(Crash):
    """Misbehaves while somebody looks."""

    name = "passing_crash"
    title = "Passing crash"
    transient = True
