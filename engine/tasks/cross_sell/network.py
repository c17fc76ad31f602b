"""The shop as a network: products, tied by being bought together, in groups that hang together."""

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np
from scipy.sparse import csr_matrix

from engine.tasks.cooccurrence import pair_counts, product_counts

# Weaker ties would not be drawn, and finding groups takes long with many.
MOST_TIES = 2000


@dataclass(frozen=True)
class Node:
    """A product or category, where it is drawn, its group, and how many baskets hold it."""

    name: str
    x: float
    y: float
    group: int
    count: int


@dataclass(frozen=True)
class Tie:
    """Two nodes bought together in `together` baskets, `lift` times as often as by chance."""

    first: int
    second: int
    together: int
    lift: float


@dataclass(frozen=True)
class Network:
    """Nodes and the ties between them, by the nodes' places in the list; group 0 is the largest."""

    nodes: Sequence[Node]
    ties: Sequence[Tie]


def draw_network(
    matrix: csr_matrix,
    names: Sequence[str],
    least_together: int,
    most_groups: int,
    most_nodes: int,
) -> Network:
    """The strongest groups of what is bought together, `most_groups` of `most_nodes` each.

    A tie needs `least_together` baskets and a lift above 1; its strength is together · log(lift):
    often, and more often than by chance. Groups are found by greedy modularity (Clauset, Newman and
    Moore 2004) and ordered by the strength of their ties, places by Kamada and Kawai (1989).
    """
    graph = _graph(matrix, least_together)
    found = nx.community.greedy_modularity_communities(graph, weight="weight") if graph else []
    groups = [_core(graph.subgraph(group), most_nodes) for group in found]
    groups.sort(key=lambda group: -group.size(weight="weight"))
    counts = product_counts(matrix)
    nodes: list[Node] = []
    ties: list[Tie] = []
    for number, group in enumerate(groups[:most_groups]):
        numbers = {}
        for node, (x, y) in nx.kamada_kawai_layout(group, weight=None).items():
            numbers[node] = len(nodes)
            # Unit squares, three in a row: groups do not overlap.
            where = (number % 3 + 0.42 * float(x), -(number // 3) + 0.42 * float(y))
            nodes.append(Node(names[node], *where, number, int(counts[node])))
        for first, second, tie in group.edges(data=True):
            ties.append(Tie(numbers[first], numbers[second], tie["together"], tie["lift"]))
    return Network(nodes, ties)


def _graph(matrix: csr_matrix, least_together: int) -> nx.Graph:
    pairs = pair_counts(matrix).tocoo()
    rows, columns = pairs.coords
    bought = product_counts(matrix)
    lifts = pairs.data * matrix.shape[0] / (bought[rows] * bought[columns])
    graph = nx.Graph()
    kept = np.flatnonzero((rows < columns) & (pairs.data >= least_together) & (lifts > 1))
    strongest = np.argsort(-(pairs.data * np.log(lifts))[kept], kind="stable")[:MOST_TIES]
    for place in kept[strongest]:
        together, times = int(pairs.data[place]), float(lifts[place])
        graph.add_edge(
            int(rows[place]),
            int(columns[place]),
            together=together,
            lift=times,
            weight=together * float(np.log(times)),
        )
    return graph


def _core(group: nx.Graph, most_nodes: int) -> nx.Graph:
    """The largest connected part of the nodes with the strongest ties."""
    strength = dict(group.degree(weight="weight"))
    kept = sorted(strength, key=lambda node: (-strength[node], node))[:most_nodes]
    parts = [sorted(part) for part in nx.connected_components(group.subgraph(kept))]
    return group.subgraph(max(parts, key=len))
