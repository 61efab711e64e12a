"""A campaign against the verification of releases: so many mutated releases from a seed, and what became of each.

Three things must hold of every one. What we accept, two other JOSE libraries verify under the same key with the same claims, and the
profile as it is written down a second time keeps. What nobody touched, all three accept. Nothing ever ends in anything but a
release or a VerificationError.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from random import Random

from fanin.signing.verification import VerificationError, VerifiedRelease, verify_text
from tests.attack.draft import Draft, honest_draft
from tests.attack.mutations import MUTATIONS
from tests.attack.oracles import LIBRARIES, profile, says, token_in
from tests.unit.signing.releases import AUDIENCE, TRUST

MOST_AT_ONCE = 3


@dataclass(slots=True)
class Campaign:
    """What a campaign found. `stricter` counts by library the tokens that it would take and we refuse."""

    seed: int
    mutated: int = 0
    untouched: int = 0
    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    stricter: Counter[str] = field(default_factory=Counter)
    used: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)


def run(seed: int, number: int, now_epoch_s: int) -> Campaign:
    """Mutate `number` releases, and leave one of twenty as it is."""
    campaign, random = Campaign(seed), Random(seed)
    for index in range(number):
        _attack(campaign, honest_draft(random, now_epoch_s), random, now_epoch_s, f"seed {seed}, release {index}")
        if index % 20 == 0:
            _leave(campaign, honest_draft(random, now_epoch_s), now_epoch_s, f"seed {seed}, untouched release {index}")
    return campaign


def _attack(campaign: Campaign, draft: Draft, random: Random, now_epoch_s: int, where: str) -> None:
    names = []
    for _ in range(random.choice((1, 1, 1, 2, MOST_AT_ONCE))):
        mutation = random.choice(MUTATIONS)
        mutation(draft, random)
        names.append(mutation.__name__)
    campaign.used.update(names)
    campaign.mutated += 1
    _judge(campaign, draft.body(), now_epoch_s, f"{where} ({', '.join(names)})")


def _leave(campaign: Campaign, draft: Draft, now_epoch_s: int, where: str) -> None:
    body = draft.body()
    campaign.untouched += 1
    if _judge(campaign, body, now_epoch_s, where) is None:
        campaign.defects.append(f"{where}: refused")
    token = token_in(body)
    for name, oracle in LIBRARIES.items():
        if token is None or says(oracle, token, TRUST, AUDIENCE) is None:
            campaign.defects.append(f"{where}: {name} refuses it")


def _judge(campaign: Campaign, body: bytes, now_epoch_s: int, where: str) -> VerifiedRelease | None:
    try:
        accepted = verify_text(body, TRUST, AUDIENCE, now_epoch_s)
    except VerificationError as error:
        campaign.refused[error.code] += 1
        _compare(campaign, body)
        return None
    except Exception as error:  # noqa: BLE001 whatever else comes out is what is looked for
        campaign.defects.append(f"{where}: {type(error).__name__}: {error}")
        return None
    campaign.accepted += 1
    _defend(campaign, body, accepted, now_epoch_s, where)
    return accepted


def _compare(campaign: Campaign, body: bytes) -> None:
    token = token_in(body)
    if token is not None:
        campaign.stricter.update(name for name, oracle in LIBRARIES.items() if says(oracle, token, TRUST, AUDIENCE) is not None)


def _defend(campaign: Campaign, body: bytes, accepted: VerifiedRelease, now_epoch_s: int, where: str) -> None:
    """Everything that others must agree on before a release may have been accepted."""
    key, token = TRUST.find(accepted.kid), token_in(body)
    if key is None or token is None:
        campaign.defects.append(f"{where}: accepted without a pinned key or a token")
        return
    for name, oracle in LIBRARIES.items():
        try:
            claims = oracle(token, key, AUDIENCE)
        except Exception as error:  # noqa: BLE001 an oracle that breaks does not agree either
            campaign.defects.append(f"{where}: accepted, but {name} says {type(error).__name__}: {error}")
            continue
        if claims != asdict(accepted.claims):
            campaign.defects.append(f"{where}: {name} reads other claims")
    campaign.defects.extend(
        f"{where}: accepted against the profile's {rule}" for rule in profile(body, accepted, TRUST, AUDIENCE, now_epoch_s)
    )
