"""The bar's own column; `test_tag_streams.py` sees the whole bar."""

import rich.progress

from image_tagger.cli.progress import Rate


def test_the_rate_is_pictures_per_second() -> None:
    seconds = 0.0
    bar = rich.progress.Progress(get_time=lambda: seconds, disable=True)
    task = bar.add_task("", total=100)
    assert Rate().render(bar.tasks[task]).plain == ""
    for _ in range(10):
        seconds += 0.25
        bar.advance(task)
    assert Rate().render(bar.tasks[task]).plain == "4.0/s"
