import pytest

from dashboard.serving.lock import GUESSES, PAUSE, TICKET_LIFE, Answer, Lock


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lock(clock: Clock) -> Lock:
    return Lock("a long token", clock)


@pytest.mark.parametrize("token", ["", "a long toke", "a long token ", "A long token", "ä", "\ud800", "x" * 100_000])
def test_only_the_token_is_right(lock: Lock, token: str):
    assert lock.answer(token) is Answer.WRONG
    assert lock.answer("a long token") is Answer.RIGHT


def test_guesses_end_and_come_back_one_by_one(lock: Lock, clock: Clock):
    assert [lock.answer("no") for _ in range(GUESSES)] == [Answer.WRONG] * GUESSES
    assert lock.answer("a long token") is Answer.WAIT
    clock.now += PAUSE
    assert lock.answer("no") is Answer.WRONG
    assert lock.answer("a long token") is Answer.WAIT
    clock.now += PAUSE
    assert lock.answer("a long token") is Answer.RIGHT


def test_a_ticket_is_good_once_and_soon(lock: Lock, clock: Clock):
    first, late = lock.ticket(), lock.ticket()
    assert lock.answer(first) is Answer.RIGHT
    assert lock.answer(first) is Answer.WRONG
    clock.now += TICKET_LIFE + 1
    assert lock.answer(late) is Answer.WRONG


def test_the_cookie_says_nothing_of_the_token(lock: Lock):
    assert lock.knows(lock.cookie)
    assert not lock.knows("a long token")
    assert not lock.knows("")
    assert lock.cookie != Lock("a long token").cookie
