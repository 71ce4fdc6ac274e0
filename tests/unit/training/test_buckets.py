"""Aspect buckets: images are cropped to the nearest aspect ratio, never stretched."""

import pytest

from core.training.buckets import WIDEST, buckets, crop, crops


@pytest.mark.parametrize("resolution", [128, 512, 1024])
def test_buckets_hold_at_most_the_area_and_fit_the_grid(resolution: int) -> None:
    sizes = buckets(resolution, 16)
    assert sizes[0] == (resolution, resolution)
    assert len(set(sizes)) == len(sizes)
    for width, height in sizes:
        assert width % 16 == height % 16 == 0
        assert width * height <= resolution**2
        assert max(width, height) / min(width, height) <= WIDEST


def test_every_bucket_has_its_turned_counterpart() -> None:
    sizes = set(buckets(512, 64))
    assert {(height, width) for width, height in sizes} == sizes


@pytest.mark.parametrize("size", [(1000, 1000), (1600, 900), (900, 1600), (333, 777), (40, 500)])
def test_a_crop_covers_its_bucket_and_keeps_the_aspect_ratio(size: tuple[int, int]) -> None:
    cut = crop(size, buckets(512, 64))
    assert cut.scaled[0] >= cut.bucket[0]
    assert cut.scaled[1] >= cut.bucket[1]
    assert cut.scaled[0] / cut.scaled[1] == pytest.approx(size[0] / size[1], rel=0.02)
    assert cut.left >= 0
    assert cut.left + cut.bucket[0] <= cut.scaled[0]
    assert 0 < cut.kept <= 1


def test_a_wide_image_falls_into_a_wide_bucket() -> None:
    assert crop((1920, 1080), buckets(512, 64)).bucket[0] > 512
    assert crop((1920, 1080), buckets(512, 64, aspects=False)).bucket == (512, 512)


def test_an_image_is_used_at_the_resolutions_that_it_reaches() -> None:
    assert [cut.bucket[0] for cut in crops((800, 800), (512, 768, 1024), 16)] == [512, 768]
    assert [cut.bucket[0] for cut in crops((300, 300), (512, 768), 16)] == [512]
