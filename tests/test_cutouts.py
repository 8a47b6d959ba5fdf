"""Images of the sky from a cutout service: kept, bounded, and refused in a sentence where they are none."""

import pandas as pd
import pytest
from sky_service import png, sky_service

from specvae_core import cutouts as module
from specvae_core.cutouts import Cutouts, position_of
from specvae_core.errors import UserError


@pytest.fixture
def service():
    with sky_service() as service:
        yield service


@pytest.fixture
def cutouts(tmp_path, service):
    cutouts = Cutouts(tmp_path / "cutouts")
    cutouts.set_template(service.template)
    return cutouts


def test_an_image_is_fetched_once_and_kept(cutouts, service):
    image = cutouts.image(150.1, -2.5, 30)
    assert (image.kind, image.content) == ("image/png", png())
    assert cutouts.image(150.1, -2.5, 30) == image
    assert service.asked == ["/cutout?ra=150.100000&dec=-2.500000&size=30"]


def test_the_oldest_images_make_room(cutouts, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 3)
    for ra in range(5):
        cutouts.image(ra, 0, 30)
    assert len(list(cutouts.folder.glob("*.image"))) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html>log in</html>", "is not a PNG or JPEG"),
        (b"", "is not a PNG or JPEG"),
        (b"\x89PNG\r\n\x1a\n", "is not a PNG or JPEG"),
        (b"\xff\xd8\xff\xe0\x00\x02", "is not a PNG or JPEG"),
        (png(100_000, 10), "100000 x 10 pixels"),
        (png() + b"x" * 4_000_001, "more than 4 MB"),
    ],
)
def test_what_is_no_image_is_refused_and_not_kept(cutouts, service, content, words):
    service.content = content
    with pytest.raises(UserError, match=words):
        cutouts.image(1, 2, 30)
    assert not list(cutouts.folder.glob("*.image"))


def test_a_server_without_an_image_or_that_sends_elsewhere_is_told_in_a_sentence(cutouts, service):
    service.status = 404
    with pytest.raises(UserError, match="status 404"):
        cutouts.image(1, 2, 30)
    service.status, service.headers = 302, {"Location": "file:///etc/passwd"}
    with pytest.raises(UserError, match=r"No image could be had from localhost|status 302"):
        cutouts.image(1, 2, 30)


def test_a_server_that_is_silent_or_gone_is_given_up(tmp_path, service, monkeypatch):
    gone = Cutouts(tmp_path / "gone")
    gone.set_template("http://localhost:9/{ra}/{dec}")
    with pytest.raises(UserError, match="No image could be had from localhost"):
        gone.image(1, 2, 30)


@pytest.mark.parametrize(
    "template",
    [
        "file:///etc/{ra}{dec}", "ftp://host/{ra}{dec}", "gopher://x/{ra}{dec}", "https://{ra}.host/{dec}",
        "https://host/image", "no address", "https:///{ra}{dec}", "https://host/{ra}{dec}" + "x" * 1000,
    ],
)  # fmt: skip
def test_an_address_that_is_no_service_is_refused(cutouts, service, template):
    with pytest.raises(UserError):
        cutouts.set_template(template)
    assert cutouts.template == service.template


@pytest.mark.parametrize("place", [(400, 0, 30), (0, 99, 30), (float("nan"), 0, 30), (0, 0, 0.1), (0, 0, 1e6)])
def test_a_position_or_size_that_is_none_is_refused_before_anybody_is_asked(cutouts, service, place):
    with pytest.raises(UserError, match=r"degrees|arcsec"):
        cutouts.image(*place)
    assert service.asked == []


def test_the_position_comes_from_the_catalogue():
    assert position_of(pd.DataFrame({"RA": [2.0], "Dec": [4.0]})) == (2.0, 4.0)
    with pytest.raises(UserError, match="no columns ra and dec"):
        position_of(pd.DataFrame({"z": [1.0]}))
