"""The text of a filter as a tree: tokens, grammar, and what is wrong with a text that is none.

::

    class == "quiescent" and sn > 10 and ew_h_alpha < -2
    0.05 < z < 0.1 and not class in ["broad-line AGN", "narrow-line AGN"]
    log10(oiii_5007 / h_beta) > 0.5 or `my column` == 3
    @quiet and not @`low S/N`

From loose to tight: ``or``, ``and``, ``not``, comparisons (``== != < <= > >= in``, chained ones as ``a < b < c``),
``+ -``, ``* / %``, signs, ``**``. The text is parsed here and never handed to Python.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

from ..errors import BadConfig

LONGEST = 100_000
"""Characters of a filter; ids in larger numbers come from a file."""

DEEPEST = 64
"""Parentheses, signs and calls inside each other."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |`(?P<quoted>[^`]+)`
    |(?P<kept>@(?:[\w.-]+|`[^`]+`))
    |(?P<name>[^\W\d][\w.]*)
    |(?P<sign>\*\*|==|!=|<=|>=|<>|&&|\|\||[-+*/%<>=()\[\],!&|~])
    )""",
    re.VERBOSE,
)
_SPELT = {"=": "==", "<>": "!=", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "~": "not"}
_WORDS = ("and", "or", "not", "in")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Literal:
    """A number, a text, or ``true`` or ``false``."""

    value: float | str | bool


@dataclass(frozen=True)
class Column:
    """A column by name; ``@quiet``, whether an object is in the selection of that name, is one too."""

    name: str


@dataclass(frozen=True)
class Call:
    """A function of some arguments."""

    function: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True)
class Operation:
    """Arithmetic, logic or a comparison of one or two parts; ``sign`` of one part is ``-`` or ``not``."""

    sign: str
    parts: "tuple[Node, ...]"


@dataclass(frozen=True)
class Member:
    """Whether a value is in a list."""

    value: "Node"
    members: tuple[float | str | bool, ...]


Node = Literal | Column | Call | Operation | Member


def parse(text: str) -> Node:
    """The tree of a filter.

    Raises
    ------
    BadConfig
        The text is not a filter; the message names the place and what was expected there.

    Examples
    --------
    >>> parse("sn > 10")
    Operation(sign='>', parts=(Column(name='sn'), Literal(value=10.0)))
    """
    if len(text) > LONGEST:
        raise BadConfig(f"A filter of {len(text):,} characters is too long: put the ids into a file and give @FILE.")
    return _Parser(text).whole()


@dataclass(frozen=True)
class _Token:
    kind: str  # number, text, name, kept, sign or end
    text: str
    place: int


def _tokens(text: str) -> list[_Token]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            rest = text[place:].strip()
            why = "a text begins here and does not end" if rest[0] in "\"'`" else f"{rest[:12]!r} means nothing here"
            raise BadConfig(f"The filter {_short(text)} cannot be read: {why} (character {place + 1}).")
        kind = str(found.lastgroup)
        tokens.append(_token(kind, found[kind], found.start(kind)))
        place = found.end()
    return [*tokens, _Token("end", "the end", len(text))]


def _token(kind: str, text: str, place: int) -> _Token:
    if kind == "quoted":
        return _Token("name", text, place)
    if kind == "kept":
        return _Token(kind, text.replace("`", ""), place)
    if kind == "name" and text.lower() in _WORDS:
        return _Token("sign", text.lower(), place)
    if kind == "text":
        return _Token(kind, re.sub(r"\\(.)", r"\1", text[1:-1]), place)
    return _Token(kind, _SPELT.get(text, text), place)


class _Parser:
    """Recursive descent over the tokens, one method for each level of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        if len(self._tokens) == 1:
            raise BadConfig('The filter is empty: write one such as class == "quiescent" and sn > 10.')
        node = self._either()
        if self._next.kind != "end":
            self._fail("and, or, or the end")
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _accept(self, *signs: str) -> str:
        """The next token if it is one of these signs, and pass it; else empty."""
        token = self._next
        if token.kind != "sign" or token.text not in signs:
            return ""
        self._at += 1
        return token.text

    def _demand(self, sign: str) -> None:
        if not self._accept(sign):
            self._fail(sign)

    def _fail(self, expected: str) -> NoReturn:
        token = self._next
        place = "at its end" if token.kind == "end" else f"at character {token.place + 1}, {token.text!r}"
        raise BadConfig(f"The filter {_short(self._text)} cannot be read {place}: expected {expected}.")

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadConfig(f"The filter has more than {DEEPEST} levels of parentheses: simplify it.")

    def _either(self) -> Node:
        parts = [self._both()]
        while self._accept("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Operation("or", tuple(parts))

    def _both(self) -> Node:
        parts = [self._negated()]
        while self._accept("and"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else Operation("and", tuple(parts))

    def _negated(self) -> Node:
        if not self._accept("not"):
            return self._compared()
        self._deeper()
        node = Operation("not", (self._negated(),))
        self._depth -= 1
        return node

    def _compared(self) -> Node:
        left, found = self._sum(), []
        while True:
            sign = self._accept(*_COMPARISONS)
            if sign:
                right = self._sum()
                found.append(Operation(sign, (left, right)))
                left = right
            elif self._accept("in"):
                found.append(Member(left, self._list()))
            elif self._next.text == "not" and self._tokens[self._at + 1].text == "in":
                self._at += 2
                found.append(Operation("not", (Member(left, self._list()),)))
            else:
                break
        if not found:
            return left
        return found[0] if len(found) == 1 else Operation("and", tuple(found))

    def _sum(self) -> Node:
        node = self._product()
        while sign := self._accept("+", "-"):
            node = Operation(sign, (node, self._product()))
        return node

    def _product(self) -> Node:
        node = self._signed()
        while sign := self._accept("*", "/", "%"):
            node = Operation(sign, (node, self._signed()))
        return node

    def _signed(self) -> Node:
        sign = self._accept("-", "+")
        if not sign:
            return self._power()
        self._deeper()
        node = self._signed()
        self._depth -= 1
        return Operation("-", (node,)) if sign == "-" else node

    def _power(self) -> Node:
        node = self._atom()
        return Operation("**", (node, self._signed())) if self._accept("**") else node

    def _atom(self) -> Node:
        token = self._next
        if token.kind in ("number", "text"):
            self._at += 1
            return Literal(float(token.text) if token.kind == "number" else token.text)
        if token.kind == "kept":
            self._at += 1
            return Column(token.text)
        if token.kind == "name":
            return self._name(token)
        self._demand_opening()
        self._deeper()
        node = self._either()
        self._demand(")")
        self._depth -= 1
        return node

    def _demand_opening(self) -> None:
        if not self._accept("("):
            self._fail("a column, a number, a text in quotes or a parenthesis")

    def _name(self, token: _Token) -> Node:
        self._at += 1
        if token.text.lower() in ("true", "false") and self._text[token.place - 1 : token.place] != "`":
            return Literal(token.text.lower() == "true")
        if not self._accept("("):
            return Column(token.text)
        self._deeper()
        arguments = []
        while not self._accept(")"):
            arguments.append(self._either())
            if not self._accept(","):
                self._demand(")")
                break
        self._depth -= 1
        return Call(token.text.lower(), tuple(arguments))

    def _list(self) -> tuple[float | str | bool, ...]:
        closing = {"[": "]", "(": ")"}.get(self._accept("[", "("))
        if closing is None:
            self._fail('a list such as ["a", "b"]')
        members = []
        while not self._accept(closing):
            minus = bool(self._accept("-"))
            node = self._atom()
            if not isinstance(node, Literal):
                self._at -= 1
                self._fail("a number or a text in quotes")
            members.append(-node.value if minus and isinstance(node.value, float) else node.value)
            if not self._accept(","):
                self._demand(closing)
                break
        return tuple(members)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
