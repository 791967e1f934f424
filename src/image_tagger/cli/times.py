"""Moments of a film as people read them."""


def clock(seconds: float) -> str:
    """`h:mm:ss`, and tenths where there are some: 62.5 -> `0:01:02.5`."""
    tenths = round(seconds * 10)
    whole, rest = divmod(tenths, 10)
    shown = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{shown}.{rest}" if rest else shown


def stretch(start: float, end: float) -> str:
    """From when to when."""
    return f"{clock(start)} - {clock(end)}"
