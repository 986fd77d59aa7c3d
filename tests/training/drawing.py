"""Random scenes for hypothesis: sampled ones, and ones no sampler would draw."""

from hypothesis import strategies as st

from training.backgrounds import BACKGROUNDS
from training.concepts import CONCEPTS
from training.sampling import Split, sample_scene
from training.scenes import Background, Scene, SceneObject

numbers = st.integers(0, 999_999_999)
any_split = st.sampled_from(Split)
sides_px = st.sampled_from((32, 48, 96))


def sampled_scenes(
    split: st.SearchStrategy[Split] = any_split, *, fewest: int = 1, most: int = 4
) -> st.SearchStrategy[Scene]:
    return st.builds(
        lambda number, where: sample_scene(number, where, min_objects=fewest, max_objects=most),
        numbers,
        split,
    )


def objects(layer: int) -> st.SearchStrategy[SceneObject]:
    return st.builds(
        SceneObject,
        concept_key=st.sampled_from([concept.key for concept in CONCEPTS]),
        x=st.floats(-0.1, 1.1),
        y=st.floats(-0.1, 1.1),
        size=st.floats(0.05, 0.9),
        turn_degrees=st.floats(-180, 180),
        flipped=st.booleans(),
        layer=st.just(layer),
    )


wild_scenes = st.integers(0, 4).flatmap(
    lambda count: st.builds(
        lambda things, kind, seed: Scene(tuple(things), Background(kind, seed % 800), seed),
        st.tuples(*(objects(layer) for layer in range(count))),
        st.sampled_from(sorted(BACKGROUNDS)),
        st.integers(0, 1 << 30),
    )
)
