"""What is wrong with a body, in words of this dialect instead of the validating library's."""

from pydantic_core import ErrorDetails

OBJECT, LIST, TEXT = "must be an object", "must be a list", "must be a text"
WHOLE, NUMBER, FLAG = "must be a whole number", "must be a number", "must be true or false"
WORDS = {  # kind of error -> words, with the numbers that belong to it
    "missing": "this field is required",
    "extra_forbidden": "there is no such field",
    "model_type": OBJECT,
    "dict_type": OBJECT,
    "list_type": LIST,
    "string_type": TEXT,
    "string_unicode": TEXT,
    "string_pattern_mismatch": "must be as 224x224 or 800",  # only sizes have a pattern
    "string_too_short": "this text may not be empty",
    "string_too_long": "this text may have at most {max_length} characters",
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_parsing_size": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_type": FLAG,
    "bool_parsing": FLAG,
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "too_short": "this list may not be empty",
    "too_long": "this list may have at most {max_length} entries",
    "value_error": "{error}",  # raised by models of ours
}


def reason_of(error: ErrorDetails) -> str:
    """Which field, and what is wrong with it."""
    place = ".".join(map(str, error["loc"]))
    words = WORDS.get(error["type"], "this cannot be")
    if error["loc"][-1:] == ("polygon",) and error["type"] == "too_short":
        words = "a polygon needs at least {min_length} points"
    return f"{place}: {words.format(**error.get('ctx', {}))}"
