"""Read a journal: all of it, consistently, pages side by side.

A partition is read from its beginning. When one page does not hold it, how much of the range of names that page covered says how many more
there are about, and the rest is read in so many ranges at once: names are digests, so they are evenly spread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from fanin.composed import composed
from fanin.domain.journal import Contents
from fanin.domain.segment import LAST_NAME, ranges, read_segment
from fanin.ports import Deliveries, JournalId, Journals, Page, Parallel

MAX_RANGES = 64


@composed
class ReadJournal:
    """Merges what the segments of a journal say."""

    journals: Journals
    deliveries: Deliveries
    parallel: Parallel

    def __call__(self, journal: JournalId) -> Contents:
        """The contents of a journal; a segment that is written meanwhile may be in it or not."""
        contents = Contents()
        firsts = self.parallel([partial(self.journals.page, journal, part, "", LAST_NAME) for part in range(journal.partitions)])
        _take(contents, firsts)
        rest = [
            partial(self._range, journal, part, above, up_to)
            for part, page in enumerate(firsts)
            if page.resume is not None
            for above, up_to in ranges(page.resume, MAX_RANGES)
        ]
        for pages in self.parallel(rest):
            _take(contents, pages)
        return contents

    def frozen(self, journal: JournalId) -> Contents:
        """What the decision that closed the attempt was taken on; empty when nothing closed it by a decision."""
        rev = self.deliveries.payload(journal.run, frozen_name(journal.attempt))
        if rev is None:
            return Contents()
        return self(JournalId(journal.run, journal.version, journal.attempt, journal.partitions, int(rev)))

    def _range(self, journal: JournalId, partition: int, above: str, up_to: str) -> list[Page]:
        return list(self._pages(journal, partition, above, up_to))

    def _pages(self, journal: JournalId, partition: int, above: str, up_to: str) -> Iterator[Page]:
        resume: str | None = above
        while resume is not None:
            page = self.journals.page(journal, partition, resume, up_to)
            resume = page.resume
            yield page


def frozen_name(attempt: int) -> str:
    """The name of the payload that says which decision closed an attempt."""
    return f"FRZ#{attempt:04d}"


def _take(contents: Contents, pages: Sequence[Page]) -> None:
    for page in pages:
        for data in page.segments:
            read_segment(data, contents)
