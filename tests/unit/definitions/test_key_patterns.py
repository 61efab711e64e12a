"""Which regular expressions a key may use on names, and that none of them can hang."""

import re
import time

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fanin.definitions.keying import MAX_NAME_CHARS
from fanin.definitions.patterns import name_pattern
from fanin.definitions.problems import Code, RefusedValueError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "pattern",
    [
        r"^close-(\d{4}-\d{2}-\d{2})",
        r"(\d{4}-\d{2}-\d{2})",
        r"^.*-(\d{8})-.*$",
        r"^(?:nightly|monthly)-([0-9]+)$",
        r"^[a-z-]+_(\w+)$",
        r"^(?P<date>[^_]+)_[0-9a-f]+$",
        r"\Aclose(?:-[a-z]+)?-(\d+?)\Z",
        r"^(?:[0-9]{2}-)+(x)",
        r"^([\u4e00-\u9fff]+)-",
        r"^(.+)$",
    ],
)
def test_ordinary_patterns_are_accepted(pattern: str) -> None:
    assert name_pattern(pattern) == pattern


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("(", Code.BAD_REGEX),
        ("", Code.REGEX_GROUPS),
        ("*", Code.BAD_REGEX),
        ("([)", Code.BAD_REGEX),
        ("[[](a)", Code.BAD_REGEX),
        ("(a{99999999999})", Code.BAD_REGEX),
        ("(?<=a)(b", Code.BAD_REGEX),
        ("close-[0-9]+", Code.REGEX_GROUPS),
        ("(a)(b)", Code.REGEX_GROUPS),
        ("((a))", Code.REGEX_GROUPS),
        (r"(a)\1", Code.REGEX_UNSUPPORTED),
        ("(?=a)(b)", Code.REGEX_UNSUPPORTED),
        ("(?<!a)(b)", Code.REGEX_UNSUPPORTED),
        ("(?i)(a)", Code.REGEX_UNSUPPORTED),
        ("(?i:(a))", Code.REGEX_UNSUPPORTED),
        ("(?x) (a)", Code.REGEX_UNSUPPORTED),
        ("(?>a)(b)", Code.REGEX_UNSUPPORTED),
        ("(a++)", Code.REGEX_UNSUPPORTED),
        ("(a)?(?(1)b|c)", Code.REGEX_UNSUPPORTED),
        ("(a+)+", Code.REGEX_MAY_HANG),
        ("^(a*)*$", Code.REGEX_MAY_HANG),
        ("(a|aa)+", Code.REGEX_MAY_HANG),
        ("(a?){50}b", Code.REGEX_MAY_HANG),
        ("(?:){65535}(b)", Code.REGEX_MAY_HANG),
        (r"^\d+\d+\d+\d+(x)", Code.REGEX_MAY_HANG),
        (r"^.*a.*b.*(x)", Code.REGEX_MAY_HANG),
        (r".*(\d+).*x", Code.REGEX_MAY_HANG),
        ("a?" * 30 + "(b)", Code.REGEX_MAY_HANG),
        ("(?:a|a)" * 30 + "(b)", Code.REGEX_MAY_HANG),
        ("(?:ab?|a)" * 20 + "(x)", Code.REGEX_MAY_HANG),
        ("a" * 254 + "(b)", Code.TEXT_TOO_LONG),
    ],
)
def test_what_is_wrong_unusual_or_may_hang_is_refused(pattern: str, code: Code) -> None:
    with pytest.raises(RefusedValueError) as refused:
        name_pattern(pattern)
    assert refused.value.code == code


_ATOMS = st.sampled_from(["a", "b", "-", ".", "[ab]", "[^-]", r"\w", r"\d", "$", r"\b", "(?:ab)", "(?:a|b-)", "(?:a|ab)"])
_PARTS = st.builds("{}{}".format, _ATOMS, st.sampled_from(["", "", "*", "+", "?", "*?", "{2}", "{1,5}", "{2,}"]))
_PATTERNS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "^"]), st.lists(_PARTS, max_size=8).map("".join), st.sampled_from(["(a)", "(!)", "(b!x)"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(_PATTERNS, st.sampled_from(["a", "ab", "a-", "-", "1", "b"]))
def test_an_accepted_pattern_answers_at_once_on_the_longest_name(pattern: str, text: str) -> None:
    try:
        name_pattern(pattern)
    except RefusedValueError:
        assume(False)
    compiled = re.compile(pattern)
    started = time.process_time()
    compiled.search((text * MAX_NAME_CHARS)[:MAX_NAME_CHARS])
    assert time.process_time() - started < 2
