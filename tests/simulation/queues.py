"""Queues as SQS keeps them: at least once, in no order, hidden while somebody has a message, and after ten receives a dead letter."""

from __future__ import annotations

from dataclasses import dataclass, field

VISIBILITY_MS = 180_000
MAX_RECEIVES = 10  # as the templates say


@dataclass(slots=True, eq=False)
class Message:
    """One message; `body` is what its consumer takes."""

    number: int
    body: object
    receives: int = 0
    deleted: bool = False


@dataclass(slots=True)
class Queue:
    """One queue: what may be received now, and what nobody could handle. What is hidden or delayed is an event of the world."""

    name: str
    visible: list[Message] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)

    def show(self, message: Message) -> None:
        """A message becomes visible (again), or a dead letter; unless it was deleted meanwhile, or is visible as another copy."""
        if message.deleted or message in self.visible:
            return
        (self.dead if message.receives >= MAX_RECEIVES else self.visible).append(message)

    def receive(self, first: int, number: int) -> list[Message]:
        """So many messages from one on, around the end."""
        turned = self.visible[first:] + self.visible[:first]
        taken, self.visible = turned[:number], turned[number:]
        for message in taken:
            message.receives += 1
        return taken

    def redrive(self) -> int:
        """Dead letters come back; how many there were."""
        for message in self.dead:
            message.receives = 0
        number = len(self.dead)
        self.visible += self.dead
        self.dead.clear()
        return number
