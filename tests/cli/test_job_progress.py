"""What a person who watches a job is told."""

from rich.progress import Progress

from image_tagger.cli.progress import Rate


def shown(completed: float, before: float) -> str:
    """The rate ten seconds after the start, as long as rich has seen one step only."""
    now = 0.0
    bar = Progress(get_time=lambda: now, auto_refresh=False)
    bar.add_task("tagging", total=1000, completed=int(completed), before=before)
    [task] = bar.tasks
    now = 10.0
    return Rate().render(task).plain


def test_the_rate_is_there_before_the_second_step() -> None:
    assert shown(50, before=0) == "5.0/s"


def test_what_was_done_before_a_resume_is_no_speed() -> None:
    assert shown(550, before=500) == "5.0/s"
    assert shown(500, before=500) == ""
