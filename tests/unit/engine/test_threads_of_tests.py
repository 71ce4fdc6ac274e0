"""Tests compute in one thread: files of tests run side by side, in as many processes as cores."""

import os

import torch

from core.worker.process import CALM


def test_torch_computes_in_one_thread_that_sleeps_while_it_waits() -> None:
    assert torch.get_num_threads() == 1
    assert {name: os.environ[name] for name in CALM} == CALM
