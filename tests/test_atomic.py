import json

import pytest

from specvae_core.atomic import read_json, write_json


def test_a_changed_bit_in_any_character_of_a_header_is_seen_or_changes_nothing(tmp_path) -> None:
    path, content = tmp_path / "a.json", {"model": "pca-1", "n": 12, "notes": ["a", None], "share": 0.25}
    write_json(path, content)
    written = path.read_bytes()
    for place in range(len(written)):
        for bit in (0, 2, 5):
            path.write_bytes(written[:place] + bytes([written[place] ^ (1 << bit)]) + written[place + 1 :])
            try:
                found = read_json(path)
            except (ValueError, UnicodeDecodeError):
                continue
            assert found == content, (place, bit)


def test_a_checksum_that_was_cut_out_with_what_stands_before_it_is_missed(tmp_path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"model": "pca-1", "uid": "a98190dad086495b", "n": 12})
    written = path.read_text()
    value, checksum = written.index("8190dad"), written.index('"checksum": "') + len('"checksum": "') + 3
    path.write_text(written[:value] + written[checksum:])
    assert json.loads(path.read_text())["uid"].startswith("a9")
    with pytest.raises(ValueError, match="not as it was written"):
        read_json(path)
    edited = {name: entry for name, entry in json.loads(written).items() if "checksum" not in name}
    path.write_text(json.dumps(edited | {"n": 13}))
    assert read_json(path)["n"] == 13


def test_a_header_without_a_checksum_is_read(tmp_path) -> None:
    path = tmp_path / "old.json"
    path.write_text(json.dumps({"format": 1}))
    assert read_json(path) == {"format": 1}
    path.write_text("{}")
    assert read_json(path) == {}
    path.write_text("[1]")
    with pytest.raises(ValueError, match="not a JSON object"):
        read_json(path)
