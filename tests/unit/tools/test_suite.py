"""The two runs of the suite: their order on the screen, their exit code, their folders."""

import sys
from pathlib import Path

import pytest

from tools.suite import BROWSER, NO_TESTS, OTHERS, pytest_command, run

ROOT = Path(__file__).parents[3]


def ends_with(code: int, line: str = "") -> list[str]:
    return [sys.executable, "-S", "-c", f"print('{line}'); raise SystemExit({code})"]


@pytest.mark.parametrize(
    ("shown", "beside", "expected"),
    [(0, 0, 0), (1, 0, 1), (0, 1, 1), (2, 1, 2), (NO_TESTS, 0, 0), (NO_TESTS, NO_TESTS, NO_TESTS)],
)
def test_the_suite_fails_when_either_run_does(shown: int, beside: int, expected: int) -> None:
    assert run(ends_with(shown), ends_with(beside)) == expected


def test_the_second_output_follows_the_first(capfd: pytest.CaptureFixture[str]) -> None:
    run(ends_with(0, "first"), ends_with(1, "second"))
    assert capfd.readouterr().out.split() == ["first", "second"]


def test_every_level_is_run_once_with_the_options_of_the_command() -> None:
    levels = {path.parent.as_posix() for path in ROOT.glob("tests/*/test_*.py")}
    levels |= {path.parts[-3] for path in ROOT.glob("tests/*/*/test_*.py")}
    assert sorted(OTHERS + BROWSER) == sorted(
        f"tests/{name}" for name in {Path(level).name for level in levels}
    )
    assert pytest_command(BROWSER, 2, ["--reruns", "1"])[-2:] == ["--reruns", "1"]
