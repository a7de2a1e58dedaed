"""Wire shape of a chain of the audit log."""

from __future__ import annotations

from inspection.schemas.queries import Digits
from inspection.schemas.wire import ListOf, Sha256, Text, Truth, Whole, Wire


class ChainQuery(Wire):
    """`after`: the number of an entry whose seal is known; without it only the head is told."""

    after = Digits(0, 999_999_999)


class ChainSchema(Wire):
    """`number` and `seal` are of the entry after these leaves, 0 in a chain without any; `more`: it goes on."""

    chain = Text(16)
    leaves = ListOf(Sha256(), most=5000)
    number = Whole(0, 2**53)
    seal = Sha256()
    more = Truth()
