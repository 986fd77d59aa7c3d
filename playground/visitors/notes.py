"""What was done to a person's input and is told to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playground.visitors.errors import Value


@dataclass(frozen=True)
class Note:
    """A thing a person is told that is no mistake, such as "only the first frame was used".

    Attributes:
        key: Language key, such as "note.picture.scaled".
        values: What fills the placeholders; a name ending in `_key` holds a language key, as in
            `PersonError`.
    """

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)
