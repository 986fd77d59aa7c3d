from hypothesis import given, settings

from tests.training.drawing import sampled_scenes
from training.facts import Fact, FactKind, place_of, things_in
from training.scenes import Language, Scene, SceneObject

few = settings(max_examples=60, deadline=None)


@few
@given(sampled_scenes(most=5))
def test_things_are_counted_and_told_from_left_to_right(scene: Scene) -> None:
    fact = things_in(scene)
    assert isinstance(fact.value, tuple)
    assert dict(fact.value) == scene.counts()
    lefts = [min(t.x for t in scene.objects if t.concept_key == key) for key, _ in fact.value]
    assert lefts == sorted(lefts)


def test_how_facts_are_told() -> None:
    both = (Language.EN, Language.ZH)
    cases = [
        (Fact(FactKind.YES_NO, True), ("yes", "是")),
        (Fact(FactKind.YES_NO, False), ("no", "不是")),
        (Fact(FactKind.COUNT, 2), ("two", "兩")),
        (Fact(FactKind.COUNT, 0), ("no", "零")),
        (Fact(FactKind.THINGS, ()), ("nothing", "沒有東西")),
        (
            Fact(FactKind.THINGS, (("cat", 1), ("car", 3))),
            ("a cat and three cars", "一隻貓和三輛汽車"),
        ),
        (Fact(FactKind.THE_ONE, "dog"), ("the dog", "狗")),
        (Fact(FactKind.COLOUR, "red"), ("red", "紅色")),
        (Fact(FactKind.BACKGROUND, "sea"), ("the sea", "大海")),
        (Fact(FactKind.MISSING, "cat"), ("there is no cat", "沒有貓")),
        (Fact(FactKind.PLACE, "top_left"), ("top left", "左上方")),
    ]
    for fact, told in cases:
        assert tuple(fact.told(language) for language in both) == told


def test_places_and_their_unclear_borders() -> None:
    def at(x: float, y: float) -> Fact | None:
        return place_of(SceneObject("cat", x, y, 0.2, 0.0, False, 0))

    assert at(0.1, 0.1) == Fact(FactKind.PLACE, "top_left")
    assert at(0.5, 0.5) == Fact(FactKind.PLACE, "middle_middle")
    assert at(0.9, 0.5) == Fact(FactKind.PLACE, "middle_right")
    assert at(1.0, 1.0) == Fact(FactKind.PLACE, "bottom_right")
    assert at(0.33, 0.5) is None
