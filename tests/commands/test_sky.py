"""``specvae cutout`` against a service on the loopback, and ``specvae lines``."""

from sky_service import sky_service


def test_images_are_fetched_written_and_kept(run, demo, tmp_path):
    with sky_service() as service:
        place = ("cutout", "--workspace", demo, "--survey", "demo", "--ids", "demo-00001,demo-00002", "--out", tmp_path)
        found = run(*place, "--service", service.template)
        assert [one["id"] for one in found["images"]] == ["demo-00001", "demo-00002"]
        assert (tmp_path / "001.png").read_bytes() == service.content
        run(*place)
        assert len(service.asked) == 2
        service.content = b"no image"
        status, sentence = run(*place, "--size", "60")
    assert status == 2
    assert "is not a PNG or JPEG" in sentence


def test_an_address_that_is_none_is_refused(run, demo, tmp_path):
    place = ("--workspace", demo, "--survey", "demo", "--ids", "demo-00001", "--out", tmp_path / "out")
    status, sentence = run("cutout", *place, "--service", "file:///etc/{ra}{dec}")
    assert status == 2
    assert "is not an address on the web" in sentence


def test_lists_of_lines_are_kept_and_listed(run, demo, tmp_path):
    (tmp_path / "quasars.csv").write_text("name,wavelength\nLya,1215.67\n")
    found = run("lines", "--workspace", demo, "--file", tmp_path / "quasars.csv")
    assert found == {"lists": [{"name": "quasars", "lines": 1}]}
    (tmp_path / "bad.csv").write_text("nothing")
    assert "columns name and wavelength" in run("lines", "--workspace", demo, "--file", tmp_path / "bad.csv")[1]
