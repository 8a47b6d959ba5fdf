"""Options of commands: how they are declared and read."""

import argparse
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

from ..errors import BadConfig
from .groups import DASHBOARD_COMMANDS, GROUPS

Run = Callable[[argparse.Namespace], Mapping[str, object] | None]
"""Function of a command: options in, the object that ``--json`` prints out; ``None`` where it has printed its own."""


class Parser(argparse.ArgumentParser):
    """Parser that reports a mistake in one line."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None) -> tuple:
        """Refuse ``--option=--``, of which argparse makes an empty list in the place of a text."""
        for word in args or ():
            if word.startswith("--") and word.endswith("=--"):
                self.error(f"{word.removesuffix('=--')} has no value")
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> None:
        """Exit with status 2."""
        self.exit(2, f"{self.prog}: {message}; `{self.prog} --help` lists what can be given.\n")


def command(commands, name: str, run: Run, *, workspace: bool = True) -> argparse.ArgumentParser:
    """Add a command of `GROUPS` or `DASHBOARD_COMMANDS`; its options are added to what is returned.

    Parameters
    ----------
    commands
        Subparsers to which the command is added.
    name
        Name of the command.
    run
        Its function.
    workspace
        Whether it has an option ``--workspace``.
    """
    text = next(words[name] for words in (*GROUPS.values(), DASHBOARD_COMMANDS) if name in words)
    made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    made.set_defaults(run=run)
    made.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    if workspace:
        made.add_argument("--workspace", required=True, metavar="DIR", help="folder that keeps surveys and models")
    return made


def model_and_survey(made: argparse.ArgumentParser) -> None:
    """Options ``--model`` and ``--survey``."""
    made.add_argument("--model", required=True, metavar="ID", help="id of the model")
    one_survey(made)


def one_survey(made: argparse.ArgumentParser) -> None:
    """Option ``--survey``."""
    made.add_argument("--survey", required=True, metavar="NAME", help="name of the survey")


def prior_of_latents(made: argparse.ArgumentParser) -> None:
    """Option ``--prior``, an argument of that name of a task."""
    made.add_argument(
        "--prior",
        choices=("gaussian", "density"),
        default="gaussian",
        help="what latents are expected: one Gaussian, or the density of the survey as a flow learns it (default "
        "%(default)s)",
    )


def random_seed(made: argparse.ArgumentParser) -> None:
    """Option ``--seed``."""
    made.add_argument("--seed", type=int, default=0, help="seed of all random numbers (default %(default)s)")


def device(made: argparse.ArgumentParser) -> None:
    """Option ``--device``, argument of that name of a task."""
    made.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where the model computes; auto takes a GPU with room, if there is one (default %(default)s)",
    )


def machines(made: argparse.ArgumentParser) -> None:
    """Options ``--workers`` and ``--scheduler``, arguments of those names of a task."""
    made.add_argument(
        "--workers",
        type=int,
        default=0,
        metavar="N",
        help="processes to use; 1: this one alone (default: one less than the cores, where the work is heavy)",
    )
    made.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="address of the scheduler of a Dask cluster: tcp://host:8786"
    )


def help_of(field: dataclasses.Field) -> str:
    """What a setting is, and its default."""
    return f"{field.metadata['help']} (default {field.default})"


def flag(made: argparse.ArgumentParser, field: dataclasses.Field, text: str = "") -> None:
    """One flag for one setting; its range is checked where it is used, so that there is one sentence for it.

    ``text`` stands in place of `help_of` the field.
    """
    name = "--" + field.name.replace("_", "-")
    text = (text or help_of(field)).replace("%", "%%")
    if isinstance(field.default, bool):
        made.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=text)
    else:
        made.add_argument(name, type=type(field.default), metavar=field.name.upper(), help=text)


def given(options: argparse.Namespace, names: list[str]) -> dict[str, object]:
    """The settings that were given on the command line."""
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


def words(text: str) -> list[str]:
    """The words of a list such as ``pca, infovae``; empty ones are left out."""
    return [word.strip() for word in text.split(",") if word.strip()]


def interval(text: str, option: str) -> tuple[float, float]:
    """The two numbers of an interval such as ``0:0.5``.

    Raises
    ------
    BadConfig
        There are not two finite numbers, naming the ``option``.
    """
    try:
        low, high = (float(word) for word in text.split(":"))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high)):
        raise BadConfig(f"{option} is {text[:40]!r}: two numbers were expected, as in 0:0.5.")
    return low, high


def numbers(text: str, kind: type[int] | type[float], option: str) -> list:
    """The numbers of a list such as ``4,8,16``.

    Raises
    ------
    BadConfig
        When one of them is none, or not finite, naming the ``option``.
    """
    try:
        found = [kind(item) for item in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(abs(item) < (2**63 if kind is int else math.inf) for item in found):
        expected = "whole numbers" if kind is int else "numbers"
        raise BadConfig(f"{option} is {text[:40]!r}: {expected} with commas between them were expected.")
    return found
