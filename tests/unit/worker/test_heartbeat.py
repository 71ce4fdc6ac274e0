"""The deadlines of a worker's answers."""

from typing import get_args

import pytest

from core.worker.heartbeat import FACTORS, PINGS, Heartbeat, Phase


@pytest.mark.parametrize("phase", get_args(Phase))
def test_a_worker_is_hung_once_the_deadline_of_its_phase_has_passed(phase: Phase) -> None:
    heartbeat = Heartbeat(unit=10.0)
    for _ in range(PINGS * FACTORS[phase]):
        heartbeat.ping()
    assert heartbeat.silence == pytest.approx(10.0 * FACTORS[phase])
    assert not heartbeat.hung(phase)
    heartbeat.ping()
    assert heartbeat.hung(phase)


def test_any_message_is_a_sign_of_life() -> None:
    heartbeat = Heartbeat(unit=1.0)
    for _ in range(PINGS):
        heartbeat.ping()
    assert heartbeat.unresponsive
    heartbeat.message()
    assert not heartbeat.unresponsive
    assert heartbeat.silence == 0
