"""Ctrl-C stops long work at a safe moment, wherever Python is when it comes."""

import signal
import threading

import pytest

from coprod_abm.experiments.interruption import interruptible


@pytest.fixture(autouse=True)
def pythons_own_handler():
    """Libraries that other tests import may have set theirs."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Falling:
    """Ctrl-C comes while this is destroyed, where Python would print the exception and go on."""

    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def fall_and_go_on():
    """Long work during which something is destroyed."""
    with interruptible() as interruption:
        Falling()
        interruption.heed()


def test_ctrl_c_within_a_destructor_is_not_lost(capfd):
    with pytest.raises(KeyboardInterrupt):
        fall_and_go_on()
    assert "ignored" not in capfd.readouterr().err


def test_ctrl_c_after_the_last_safe_moment_is_heeded_at_the_end():
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(signal.SIGINT)


def test_the_second_ctrl_c_waits_for_nothing():
    with interruptible() as interruption:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        interruption.heard = False


def test_the_handler_from_before_is_back_afterwards_and_called_at_the_safe_moment():
    called = []
    signal.signal(signal.SIGINT, lambda *_: called.append(True))
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as interruption:
        signal.raise_signal(signal.SIGINT)
        assert not called
        interruption.heed()
        assert called
    assert signal.getsignal(signal.SIGINT) is before


def test_where_ctrl_c_is_ignored_it_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruptible() as interruption:
        signal.raise_signal(signal.SIGINT)
        interruption.heed()


def test_threads_may_wait_for_long_work_too():
    ended = []

    def work():
        with interruptible() as interruption:
            interruption.heed()
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended
