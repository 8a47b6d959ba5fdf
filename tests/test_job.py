from specvae_core.job import remembered


def test_a_job_that_goes_on_has_the_same_product(tmp_path):
    made = iter(["first", "second"])
    assert [remembered(tmp_path, "product", lambda: next(made)) for _ in range(2)] == ["first", "first"]
    assert remembered(tmp_path, "another", lambda: next(made)) == "second"
