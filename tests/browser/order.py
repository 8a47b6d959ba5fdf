"""Which files of tests share a server and a browser, and in which order they come."""

SHARING = {
    "demo_site": ("test_pictures", "test_layout", "test_demo"),
    "small_site": (
        *("test_explore", "test_outliers", "test_reconstruct", "test_theme", "test_tour", "test_tracks"),
        *("test_object", "test_turning", "test_switching", "test_endmembers", "test_compare", "test_discover"),
    ),
    "wider_site": ("test_data", "test_train", "test_noise", "test_labels", "test_photoz"),
}
"""Files by the fixture of their server, in an order in which none sees what another left behind."""

FIRST_BROWSER = (
    *SHARING["demo_site"],
    *("test_by_mouse", "test_door"),
    *SHARING["wider_site"],
)
"""Files of the one browser, half of the work, in order; those of the other begin with `SECOND_BROWSER`."""

SECOND_BROWSER = SHARING["small_site"]


def turn(file: str) -> tuple[int, int]:
    """Number of the browser that looks at a file's pages, 0 or 1, and the file's place among those of that browser."""
    for number, files in enumerate((FIRST_BROWSER, SECOND_BROWSER)):
        if file in files:
            return number, files.index(file)
    return 1, len(SECOND_BROWSER)
