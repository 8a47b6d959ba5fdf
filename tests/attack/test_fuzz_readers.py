"""Readers on files that Hypothesis damages: the same examples each time, for about a minute."""

from fuzz import check, damaged_files
from hypothesis import HealthCheck, given, settings


@settings(max_examples=800, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(case=damaged_files)
def test_a_damaged_file_is_refused_in_a_sentence_or_read(tmp_path_factory, case):
    check(tmp_path_factory.getbasetemp(), case)
