from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from tests.training.drawing import sampled_scenes, sides_px, wild_scenes
from training.painting import boxes_xyxy, paint, paint_masks, paint_picture
from training.scenes import Background, Scene, SceneObject

few = settings(max_examples=40, deadline=None)


@few
@given(wild_scenes, sides_px)
def test_visible_masks_are_parts_of_amodal_masks_and_never_overlap(scene: Scene, side: int) -> None:
    painting = paint(scene, side)
    assert not (painting.visible_masks & ~painting.amodal_masks).any()
    assert painting.visible_masks.sum(0).max(initial=0) <= 1
    assert np.array_equal(painting.visible_masks.any(0), painting.amodal_masks.any(0))


@few
@given(wild_scenes, sides_px)
def test_one_pass_gives_what_two_give(scene: Scene, side: int) -> None:
    painting = paint(scene, side)
    amodal, visible = paint_masks(scene, side)
    assert np.array_equal(painting.picture, paint_picture(scene, side))
    assert np.array_equal(painting.amodal_masks, amodal)
    assert np.array_equal(painting.visible_masks, visible)


@few
@given(sampled_scenes(), sides_px)
def test_the_same_scene_is_the_same_picture(scene: Scene, side: int) -> None:
    assert np.array_equal(paint_picture(scene, side), paint_picture(scene, side))


@few
@given(sampled_scenes(most=3))
def test_masks_match_the_painted_picture(scene: Scene) -> None:
    """The same things on two grounds: the picture stays only where a thing covers the ground."""
    night = paint(replace(scene, background=Background("night", 1)), 96)
    paper = paint(replace(scene, background=Background("paper", 1)), 96).picture
    change = np.abs(night.picture.astype(int) - paper.astype(int)).max(-1)
    covered = night.visible_masks.any(0)
    assert change[covered].max(initial=0) < 145
    assert np.median(change[~covered]) > 100


@few
@given(sampled_scenes(most=3))
def test_the_top_object_is_wholly_visible(scene: Scene) -> None:
    top = max(range(len(scene.objects)), key=lambda index: scene.objects[index].layer)
    amodal, visible = paint_masks(scene, 64)
    assert np.array_equal(amodal[top], visible[top])


@few
@given(sampled_scenes(most=3))
def test_masks_are_where_the_objects_are(scene: Scene) -> None:
    amodal, _ = paint_masks(scene, 96)
    for thing, (left, top, right, bottom) in zip(scene.objects, boxes_xyxy(amodal), strict=True):
        reach = 0.75 * thing.size + 0.02
        assert (thing.x - reach) * 96 <= left < right <= (thing.x + reach) * 96
        assert (thing.y - reach) * 96 <= top < bottom <= (thing.y + reach) * 96


def test_an_empty_mask_has_an_empty_box() -> None:
    masks = np.zeros((2, 8, 8), bool)
    masks[1, 2:4, 3:8] = True
    assert boxes_xyxy(masks).tolist() == [[0, 0, 0, 0], [3, 2, 8, 4]]


def test_light_comes_from_the_seed() -> None:
    thing = SceneObject("cat", 0.5, 0.5, 0.5, 0.0, False, 0)
    first = Scene((thing,), Background("sea", 0), 1)
    assert not np.array_equal(paint_picture(first, 32), paint_picture(replace(first, seed=2), 32))
