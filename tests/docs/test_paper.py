"""The paper says of errors what the table of docs/trust.md says."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_every_figure_of_the_paper_is_in_the_table_of_trust():
    paper, trust = ((DOCS / name).read_text(encoding="utf-8") for name in ("paper.md", "trust.md"))
    checked = paper.split("# What is checked")[1].split("# Limits")[0]
    table = trust.split("<!-- made by benchmarks/trust.py -->")[1]
    shares = re.findall(r"\d+\.\d(?=[–, %]|$)", checked)
    scatters = re.findall(r"\d\.\d\d", checked)
    assert len(shares) >= 6
    assert len(scatters) >= 2
    assert [share for share in shares if f"| {share}% |" not in table] == []
    assert [scatter for scatter in scatters if f"| {scatter} | **outside** |" not in table] == []
