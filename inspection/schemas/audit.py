"""Wire shape of a chain of the audit log."""

from __future__ import annotations

from inspection.schemas.wire import ListOf, Sha256, Text, Truth, Whole, Wire


class ChainSchema(Wire):
    """`number` and `seal` are of the entry after these leaves, 0 in a chain without any; `more`: it goes on."""

    chain = Text(16)
    leaves = ListOf(Sha256(), most=5000)
    number = Whole(0, 2**53)
    seal = Sha256()
    more = Truth()
