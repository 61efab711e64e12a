"""What tests/template/test_data.py must notice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.template import test_data
from tests.template.mutation import Mutant, to, without
from tests.template.templates import HUB, SUCCESSOR

MUTANTS: Mapping[str, Mutant] = {
    "no restore": Mutant(
        test_data.test_the_table_can_be_restored_to_any_second_of_the_last_weeks,
        HUB,
        without("Table.Properties.PointInTimeRecoverySpecification"),
    ),
    "a table in the clear": Mutant(
        test_data.test_the_table_is_encrypted_and_paid_by_use, HUB, to("Table.Properties.SSESpecification", {"SSEEnabled": False})
    ),
    "items for ever": Mutant(test_data.test_the_table_expires_items_by_ttl, HUB, without("Table.Properties.TimeToLiveSpecification")),
    "payloads in the index": Mutant(
        test_data.test_the_due_index_holds_keys_only,
        HUB,
        to("Table.Properties.GlobalSecondaryIndexes.#0.Projection", {"ProjectionType": "ALL"}),
    ),
    "a table that goes with its stack": Mutant(
        test_data.test_what_cannot_be_made_again_is_retained, HUB, to("Table.DeletionPolicy", "Delete"), {"name": "Table"}
    ),
    "a key that a replacement takes away": Mutant(
        test_data.test_what_cannot_be_made_again_is_retained, HUB, to("SigningKey.UpdateReplacePolicy", "Delete"), {"name": "SigningKey"}
    ),
    "a table that anybody deletes": Mutant(
        test_data.test_deleting_the_table_is_refused_unless_a_parameter_says_otherwise,
        HUB,
        to("Table.Properties.DeletionProtectionEnabled", False),
    ),
    "a second key under another policy": Mutant(
        test_data.test_the_two_keys_of_a_rotation_are_alike, HUB, to("SecondSigningKey.Properties.PendingWindowInDays", 7)
    ),
    "a key that encrypts": Mutant(
        test_data.test_the_key_signs_on_p256_and_nothing_else, HUB, to("SigningKey.Properties.KeyUsage", "ENCRYPT_DECRYPT")
    ),
    "a queue whose end nobody chose": Mutant(
        test_data.test_what_becomes_of_everything_that_holds_something_is_said, SUCCESSOR, without("ReleasesQueue.DeletionPolicy")
    ),
}
