"""Loads records."""


def load(rows):
    """Keeps the records that have an id, newest last."""
    kept = [row for row in rows if "id" in row]
    if not kept:
        return []
    return sorted(kept, key=lambda row: row["day"])


class Loader:
    """Counts what it loads."""

    def __init__(self):
        self.count = 0

    def add(self, rows):
        self.count += len(load(rows))
        return self.count
