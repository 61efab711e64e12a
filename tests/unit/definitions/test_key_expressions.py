"""Which JMESPath expressions a key may use."""

import pytest

from fanin.definitions.expressions import key_expression
from fanin.definitions.problems import Code, RefusedValueError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "expression",
    [
        "businessDate",
        '"business-date"',
        "order.id",
        "dates[0]",
        "dates[-1]",
        "dates[*].day | [0]",
        "jobs[?name=='ledger'].date | [0]",
        "businessDate || date",
        "join('-', [region, businessDate])",
        "join('-', [region, to_string(batch), businessDate])",
        "to_string(batch)",
        "keys(@) | [0]",
        "max(dates)",
        "@",
        "not_null(a, b, c)",
    ],
)
def test_what_reads_the_input_is_accepted(expression: str) -> None:
    assert key_expression(expression) == expression


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("", Code.BAD_JMESPATH),
        ("business-date", Code.BAD_JMESPATH),
        ("$.businessDate", Code.BAD_JMESPATH),
        ("a.", Code.BAD_JMESPATH),
        ("a[", Code.BAD_JMESPATH),
        ("'a", Code.BAD_JMESPATH),
        ("(" * 200, Code.BAD_JMESPATH),
        ("uuid()", Code.BAD_JMESPATH),
        ("a.b | split(@, '-')", Code.BAD_JMESPATH),
        ("join('-')", Code.BAD_JMESPATH),
        ("length(a, b)", Code.BAD_JMESPATH),
        ("merge()", Code.BAD_JMESPATH),
        ("a" * 257, Code.TEXT_TOO_LONG),
        ("'businessDate'", Code.KEY_CONSTANT),
        ('`"businessDate"`', Code.KEY_CONSTANT),
        ("join('-', ['a', 'b'])", Code.KEY_CONSTANT),
        ("[region, date]", Code.KEY_NEVER_TEXT),
        ("{a: b}", Code.KEY_NEVER_TEXT),
        ("dates[*].day", Code.KEY_NEVER_TEXT),
        ("dates[0:2]", Code.KEY_NEVER_TEXT),
        ("dates[]", Code.KEY_NEVER_TEXT),
        ("a == b", Code.KEY_NEVER_TEXT),
        ("!a", Code.KEY_NEVER_TEXT),
        ("&a", Code.KEY_NEVER_TEXT),
        ("join(separator, parts)", Code.JMESPATH_MAY_GROW),
        ("|".join(["join('',[@,@])"] * 16), Code.JMESPATH_MAY_GROW),
        ("|".join(["[@,@][]"] * 30) + "|[0]", Code.JMESPATH_MAY_GROW),
        ("|".join(["to_string([@])"] * 16), Code.JMESPATH_MAY_GROW),
    ],
)
def test_what_is_wrong_or_constant_or_never_a_text_or_may_grow_is_refused(expression: str, code: Code) -> None:
    with pytest.raises(RefusedValueError) as refused:
        key_expression(expression)
    assert refused.value.code == code
    assert "\n" not in refused.value.message


def test_the_place_of_a_mistake_is_told() -> None:
    with pytest.raises(RefusedValueError, match="at character 9"):
        key_expression("business-date")
