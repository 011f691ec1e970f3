"""The simple temporal network beside all shortest paths, worked out apart from it (Floyd and Warshall)."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from workflow.lint.network import Network

Bounds = list[tuple[int, int, int]]
SIZE = 5


def consistent(bounds: Bounds) -> bool:
    """Whether no instant has to come before itself."""
    far = 10**9
    distance = {(a, b): 0 if a == b else far for a, b in product(range(SIZE), repeat=2)}
    for a, b, most in bounds:
        distance[a, b] = min(distance[a, b], most)
    for k, a, b in product(range(SIZE), repeat=3):
        distance[a, b] = min(distance[a, b], distance[a, k] + distance[k, b])
    return all(distance[a, a] >= 0 for a in range(SIZE))


@examples(400)
@given(st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.integers(-4, 9)), max_size=9))
def test_a_network_is_in_conflict_exactly_when_some_instant_has_to_come_before_itself(bounds: Bounds) -> None:
    network: Network[int] = Network()
    for number, (earlier, later, most) in enumerate(bounds):
        if number % 2:
            network.at_least(later, earlier, -most, number)
        else:
            network.at_most(earlier, later, most, number)
    conflict = network.conflict()
    assert bool(conflict) == (not consistent(bounds))
    if conflict:
        assert all(bounds[b.why] == (b.earlier, b.later, b.most) for b in conflict)
        assert all(one.later == other.earlier for one, other in pairwise((*conflict, conflict[0])))
        assert sum(b.most for b in conflict) < 0
