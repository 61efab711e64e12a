"""Sending dead letters back to where they belong, in an order that can double a message but never lose one.

SQS moves by itself what another queue gave up on. What a rule could not deliver came from no queue, and what becomes of that is left open
by "StartMessageMoveTask" in the SQS API reference, so whatever is left is received, sent and only then deleted. A crash between the last
two leaves the message in both queues; everything that reads them takes a message twice as it takes it once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fanin_cli.clients import DeadLetters, Destination, Message
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.letters import read_letter

HIDDEN_FOR_S = 60
POLL_S = 1.0

Progress = Callable[[int], None]


@dataclass(slots=True)
class Redriven:
    """How many went back, and those that were left where they are, with the reason."""

    moved: int = 0
    refused: dict[str, str] = field(default_factory=dict)


def move_back(letters: DeadLetters, destination: Destination, told: Progress, pause: Callable[[float], None] = time.sleep) -> Redriven:
    """Everything back into the queue of the same stack; CommandError when somebody stopped it half-way, and what was moved is moved.

    Where SQS gives up by itself, sending one by one goes on, and meets what is in the way.
    """
    moved = 0
    if letters.start_moving(destination):
        while not (task := letters.moving()).ended:
            told(task.moved)
            pause(POLL_S)
        if task.cancelled:
            hint = "nothing is lost: run the command again for the rest"
            raise CommandError("redrive-cancelled", f"somebody stopped it after {task.moved} messages", hint, ExitCode.UNANSWERED)
        moved = task.moved
    rest = send_back(letters, destination, lambda number: told(moved + number), lambda _: None)
    return Redriven(moved + rest.moved, rest.refused)


def send_back(letters: DeadLetters, destination: Destination, told: Progress, objection: Callable[[Message], str | None]) -> Redriven:
    """Everything that there is no objection to, one by one: sent, then deleted."""
    done, held = Redriven(), list[str]()
    try:
        while batch := letters.receive(hidden_for_s=HIDDEN_FOR_S):
            for message in batch:
                why = objection(message)
                if why is not None:
                    # Seen before: everything else has gone, and these have begun to come again.
                    if message.id in done.refused:
                        return done
                    done.refused[message.id] = why
                    held.append(message.receipt)
                    continue
                destination.send(message.body)
                letters.delete(message.receipt)
                done.moved += 1
            told(done.moved)
    finally:
        letters.put_back(held)
    return done


def wake_once(letters: DeadLetters, wake: Callable[[], None], told: Progress) -> Redriven:
    """Letters that say nothing but that a function should have run: it runs once, and they are deleted after that."""
    done = Redriven()
    while batch := letters.receive(hidden_for_s=HIDDEN_FOR_S):
        if not done.moved:
            wake()
        for message in batch:
            letters.delete(message.receipt)
        done.moved += len(batch)
        told(done.moved)
    return done


def only_of(account: str) -> Callable[[Message], str | None]:
    """An objection to letters that say they are of another account than they lie in.

    The hub takes what EventBridge wrote on its own bus for true. Here a person vouches for the letters, and whoever may send to the queue
    of one account may not speak for another.
    """

    def objection(message: Message) -> str | None:
        said = read_letter(message).account
        return None if said == account else f"it says that it is of account {said or 'none'}, and lies in {account}"

    return objection
