"""The tree over all heads of a log, kept as the log is read. House: ADR-0018."""

from bisect import bisect_left
from dataclasses import dataclass

from shared.ledger.hashes import EMPTY_ROOT, HASH_BYTES, node_hash
from shared.ledger.heads import Head, Seal, case_key, stream_key


@dataclass(frozen=True, slots=True)
class Shown:
    """One head with its inclusion proof in the tree of heads."""

    head: Head
    hashes: tuple[bytes, ...]


class HeadsTree:
    """The heads of a log as far as it was read. Whoever seals keeps one, and whoever checks too."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[int, int, bytes]] = {}
        self._hashes: dict[bytes, bytes] = {}
        self._keys: list[bytes] = []
        self._known: dict[tuple[str, str], bytes] = {}
        self._changed: set[bytes] = set()
        self._levels: list[list[bytes]] = [[]]

    def learn(self, case: str, stream: str, version: int, leaf: bytes) -> None:
        """Take the next record of the log.

        Args:
            case: Its ``correlation_id``, as written.
            stream: Its stream.
            version: Its version in the stream.
            leaf: Its leaf hash.
        """
        key = self._known.get((case, stream))
        if key is None:
            key = case_key(case) + stream_key(case, stream)
            self._known[case, stream] = key
        before = self._held.get(key)
        self._held[key] = (before[0] + 1 if before else 1, version, leaf)
        self._changed.add(key)

    def seal(self) -> Seal:
        """Return the seal of all heads. Hashes what changed, and what a new head pushed along."""
        self._settle()
        top = self._levels[-1]
        return Seal(len(self._keys), top[0] if top else EMPTY_ROOT)

    def shown(self, low: bytes, high: bytes) -> tuple[int, tuple[Shown, ...]]:
        """Return the heads with ``low <= key < high``, and the neighbour on either side.

        With the index of the first. Fewer neighbours at the ends of the tree.
        """
        self._settle()
        first = max(bisect_left(self._keys, low) - 1, 0)
        end = min(bisect_left(self._keys, high) + 1, len(self._keys))
        return first, tuple(
            Shown(self._head(self._keys[index]), self._path(index)) for index in range(first, end)
        )

    def _settle(self) -> None:
        """Bring the tree up to what was learned."""
        if not self._changed:
            return
        new = self._changed - self._hashes.keys()
        self._hashes.update((key, self._head(key).hash) for key in self._changed)
        moved = bisect_left(self._keys, min(new)) if new else len(self._keys)
        self._keys = sorted([*self._keys, *new]) if new else self._keys
        leaves = self._levels[0]
        leaves[moved:] = [self._hashes[key] for key in self._keys[moved:]]
        stayed = {bisect_left(self._keys, key, hi=moved) for key in self._changed - new}
        for index in stayed:
            leaves[index] = self._hashes[self._keys[index]]
        rehash(self._levels, changed=stayed, moved=moved)
        self._changed = set()

    def _head(self, key: bytes) -> Head:
        """Return the head with that key. Made when asked for: most records only move one on."""
        return Head(key[:HASH_BYTES], key[HASH_BYTES:], *self._held[key])

    def _path(self, index: int) -> tuple[bytes, ...]:
        """RFC 6962 section 2.1.1: return the inclusion proof of head ``index``."""
        path: list[bytes] = []
        for level in self._levels:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return tuple(path)


def rehash(levels: list[list[bytes]], *, changed: set[int], moved: int) -> None:
    """Bring all levels above the leaves up to the leaves; the last level is the root's.

    A last node without a sibling moves up as it is, which makes RFC 6962's tree.

    Args:
        levels: The leaves first. Altered.
        changed: Leaves that are others than before, in their old places.
        moved: From this leaf on, all are others than before.
    """
    depth = 0
    while len(levels[depth]) > 1:
        below = levels[depth]
        depth += 1
        if depth == len(levels):
            levels.append([])
        even = len(below) - len(below) % 2
        moved //= 2
        changed = {index // 2 for index in changed if index // 2 < moved}
        levels[depth][moved:] = [
            node_hash(below[index], below[index + 1]) for index in range(2 * moved, even, 2)
        ] + below[even:]
        for index in changed:
            levels[depth][index] = node_hash(below[2 * index], below[2 * index + 1])
    del levels[depth + 1 :]
