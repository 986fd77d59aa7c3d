import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from playground.own.names import HIDDEN, MOST_CHARACTERS, clean_name


def test_the_end_of_a_long_name_tells_files_apart():
    assert clean_name("x" * 500 + "7.png").endswith("x7.png")


def test_names_that_mislead_are_made_plain():
    assert clean_name("cat\u202egnp.exe\n") == "catgnp.exe"
    assert clean_name("../../x.png") == "../../x.png"
    assert clean_name("\ud800") == "?"


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_characters_give_a_name_that_can_be_shown(name):
    shown = clean_name(name)
    assert 1 <= len(shown) <= MOST_CHARACTERS
    assert not {unicodedata.category(character) for character in shown} & HIDDEN
    assert shown.encode()
