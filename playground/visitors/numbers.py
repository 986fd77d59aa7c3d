"""Numbers and choices from a browser, checked again here: the limits set in a page do not hold.

Browsers send JSON numbers, so a string such as "7" is no number: nothing is guessed and nothing is
clamped; whatever does not fit is refused with a sentence that tells the range.
"""

import math
from collections.abc import Collection

import numpy as np

from playground.visitors.errors import PersonError, Value


def read_number(value: object, *, name_key: str, low: float, high: float) -> float:
    """Returns a finite number from `low` to `high`, both allowed.

    Args:
        value: What arrived. A bool, a string or None is no number.
        name_key: Language key of the control's label, for the sentence.
        low: Smallest number.
        high: Largest number.

    Raises:
        PersonError: "mistake.number.not_a_number" (also NaN), "mistake.number.range".
    """
    number = _real(value, name_key)
    # Compared before the conversion: an integer of 400 digits does not fit in a float.
    if not low <= number <= high:
        raise _out_of_range(name_key, low, high)
    return float(number)


def read_integer(value: object, *, name_key: str, low: int, high: int, multiple_of: int = 1) -> int:
    """Returns a whole number from `low` to `high`, both allowed.

    3.0 is whole (JSON has one kind of number); 3.5 is refused, not rounded.

    Args:
        value: What arrived. A bool, a string or None is no number.
        name_key: Language key of the control's label, for the sentence.
        low: Smallest number.
        high: Largest number.
        multiple_of: The number must divide by this, as sides of a drawn picture by 8.

    Raises:
        PersonError: As `read_number`, and "mistake.number.not_whole", "mistake.number.multiple".
    """
    number = _real(value, name_key)
    if not low <= number <= high:
        raise _out_of_range(name_key, low, high)
    if number != math.floor(number):
        raise PersonError("mistake.number.not_whole", {"name_key": name_key})
    if int(number) % multiple_of:
        values: dict[str, Value] = {"name_key": name_key, "multiple_of": multiple_of}
        raise PersonError("mistake.number.multiple", values)
    return int(number)


def read_flag(value: object, *, name_key: str) -> bool:
    """Returns a yes or no. Only a bool is one: the string "no" would otherwise count as yes.

    Args:
        value: What arrived.
        name_key: Language key of the control's label, for the sentence.

    Raises:
        PersonError: "mistake.flag".
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise PersonError("mistake.flag", {"name_key": name_key})


def read_choice(value: object, *, name_key: str, choices: Collection[str]) -> str:
    """Returns one of `choices`, exactly as it stands there.

    Args:
        value: What arrived.
        name_key: Language key of the control's label, for the sentence.
        choices: What may be chosen.

    Raises:
        PersonError: "mistake.choice".
    """
    if isinstance(value, str) and value in choices:
        return value
    raise PersonError("mistake.choice", {"name_key": name_key})


def _real(value: object, name_key: str) -> int | float:
    number = value.item() if isinstance(value, np.integer | np.floating) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or number != number:
        raise PersonError("mistake.number.not_a_number", {"name_key": name_key})
    return number


def _out_of_range(name_key: str, low: float, high: float) -> PersonError:
    values = {"name_key": name_key, "low": _plain(low), "high": _plain(high)}
    return PersonError("mistake.number.range", values)


def _plain(number: float) -> int | float:
    return int(number) if number == math.floor(number) else number
