"""Computations beside the page: the newest answer comes once, errors come as a sentence."""

from collections.abc import Callable

from dashboard.aside import Aside
from specvae_core.errors import UserError


def fail(error: Exception) -> Callable[[], None]:
    def compute() -> None:
        raise error

    return compute


def test_an_answer_comes_once() -> None:
    aside = Aside(lambda work: work())
    aside.ask(lambda: 3)
    assert aside.take().value == 3
    assert aside.take() is None


def test_an_answer_to_an_older_question_is_dropped() -> None:
    waiting = []
    aside = Aside(waiting.append)
    aside.ask(lambda: "old")
    aside.ask(lambda: "new")
    waiting[1]()
    waiting[0]()
    assert aside.take().value == "new"
    assert aside.take() is None
    aside.ask(lambda: "unwanted")
    aside.forget()
    waiting[2]()
    assert aside.take() is None


def test_an_error_of_the_user_is_its_sentence_and_another_one_is_named() -> None:
    aside = Aside(lambda work: work())
    aside.ask(fail(UserError("The file is empty.")))
    answer = aside.take()
    assert (answer.value, answer.trouble) == (None, "The file is empty.")
    aside.ask(fail(KeyError("x")))
    assert "KeyError" in aside.take().trouble
