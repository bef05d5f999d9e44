"""The collector of cycles rests while anybody asks for it, and goes on afterwards."""

from __future__ import annotations

import gc
import threading

import pytest

from fund.platform.collector import resting


@pytest.fixture(autouse=True)
def _as_before():
    was = gc.isenabled()
    gc.enable()
    yield
    (gc.enable if was else gc.disable)()


def test_it_rests_inside_and_goes_on_outside():
    with resting():
        assert not gc.isenabled()
        with resting():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error():
    with pytest.raises(ValueError, match="x"), resting():
        raise ValueError("x")
    assert gc.isenabled()


def test_the_last_of_many_wakes_it():
    inside, leave = threading.Barrier(3), threading.Event()

    def act() -> None:
        with resting():
            inside.wait(10)
            leave.wait(10)

    others = [threading.Thread(target=act) for _ in range(2)]
    for other in others:
        other.start()
    with resting():
        inside.wait(10)
    assert not gc.isenabled()
    leave.set()
    for other in others:
        other.join()
    assert gc.isenabled()


def test_what_was_off_stays_off():
    gc.disable()
    with resting():
        assert not gc.isenabled()
    assert not gc.isenabled()
