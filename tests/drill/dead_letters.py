"""Dead letters, moved back to where they were going, as an operator would once the cause is mended."""

from __future__ import annotations

from local.landscape import HUB, PREDECESSOR, SUCCESSOR
from tests.e2e.world import World


def moved_back(world: World) -> int:
    """Send what lies in each dead-letter queue to its queue, then delete it; a crash in between only repeats. How many there were."""
    landscape = world.deployed.landscape
    ways = [
        (HUB, landscape.hub["ArrivalsDeadLetterQueueUrl"], world.send_arrivals),
        # What the hub's bus refused: the event is whole, only the bus of its account can no longer be used for an aws. source.
        (PREDECESSOR, landscape.predecessor["ForwardDeadLetterQueueUrl"], world.send_arrivals),
        (SUCCESSOR, landscape.successor["ReleasesDeadLetterQueueUrl"], world.send_releases),
    ]
    moved = 0
    for account, url, send in ways:
        sqs = world.aws.client(account, "sqs")
        while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            send(*(message["Body"] for message in found))
            for message in found:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            moved += len(found)
    return moved
