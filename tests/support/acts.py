"""Groups of acts for a state machine: a step is one act of one group, so that no group drowns in the others."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st


@dataclass(frozen=True)
class Call:
    """Something that somebody does: a method of the machine with what it is given."""

    name: str
    given: dict[str, Any]

    def on(self, machine: Any) -> None:
        getattr(machine, self.name)(**self.given)


ACTS: dict[str, list[st.SearchStrategy[Call]]] = {}


def act(group: str, **drawn: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """Make a method one of a group of acts; a step of an example is one act of one group."""

    def register(method: Any) -> Any:
        calls = st.fixed_dictionaries(drawn).map(lambda given: Call(method.__name__, given))
        ACTS.setdefault(group, []).append(calls)
        return method

    return register


def some_act(group: str) -> st.SearchStrategy[Call]:
    return st.deferred(lambda: st.one_of(ACTS[group]))
