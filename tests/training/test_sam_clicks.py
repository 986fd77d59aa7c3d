import torch

from training.sam_clicks import first_clicks, in_frame, next_clicks, noisy_boxes
from training.sam_losses import border_cells, dice_losses, likeness_loss, mask_losses, true_ious
from training.sam_model import MASK_PX, PATCH_PX, soft_targets


def squares(count: int) -> torch.Tensor:
    masks = torch.zeros(count, 64, 64, dtype=torch.uint8)
    for number in range(count):
        masks[number, 8 : 40 + number, 4 + number : 30] = 1
    return masks


def test_first_clicks_are_inside() -> None:
    torch.manual_seed(0)
    masks = squares(10).repeat(20, 1, 1)
    clicks = first_clicks(masks).long()
    assert masks[torch.arange(len(masks)), clicks[:, 1], clicks[:, 0]].all()


def test_boxes_are_near_the_exact_ones() -> None:
    torch.manual_seed(0)
    boxes = noisy_boxes(squares(10).repeat(30, 1, 1))
    exact = torch.tensor([(4.0 + n, 8.0, 30.0, 40.0 + n) for n in range(10)]).repeat(30, 1)
    errors = boxes - exact
    assert errors.abs().max() <= 5 and errors.std() > 1
    assert (boxes >= 0).all() and (boxes <= 64).all()


def test_next_clicks_are_where_the_mask_is_wrong() -> None:
    torch.manual_seed(0)
    masks = squares(10).repeat(10, 1, 1)
    targets = soft_targets(masks)
    logits = torch.full_like(targets, -1.0)
    logits[:, 0:20, 0:20] = 1.0
    points, labels = next_clicks(logits, targets)
    cells = (points / MASK_PX).long()
    rows = torch.arange(len(masks))
    guess = logits[rows, cells[:, 1], cells[:, 0]] > 0
    truth = targets[rows, cells[:, 1], cells[:, 0]] > 0.5
    assert (guess != truth).all()
    assert torch.equal(labels.bool(), truth)
    assert 0 < labels.sum() < len(labels)


def test_where_nothing_is_wrong_the_click_is_inside() -> None:
    targets = soft_targets(squares(4))
    points, labels = next_clicks(targets - 0.5, targets)
    cells = (points / MASK_PX).long()
    assert (targets[torch.arange(4), cells[:, 1], cells[:, 0]] > 0).all()
    assert labels.all()


def test_places_move_with_their_crop() -> None:
    origins = torch.tensor([(8, 16)])
    assert in_frame(torch.tensor([(1.0, 2.0)]), origins).tolist() == [[65.0, 130.0]]
    moved = in_frame(torch.tensor([(1.0, 2.0, 3.0, 4.0)]), origins)
    assert moved.tolist() == [[65.0, 130.0, 67.0, 132.0]]
    assert PATCH_PX * 8 == 64


def test_a_perfect_mask_costs_nothing_and_a_wrong_one_much() -> None:
    targets = (soft_targets(squares(3)) > 0.5).float()
    good, bad = 40 * (targets - 0.5), -40 * (targets - 0.5)
    assert mask_losses(good, targets).max() < 0.01
    assert mask_losses(bad, targets).min() > 5
    assert torch.allclose(true_ious(good, targets), torch.ones(3))
    assert torch.equal(true_ious(bad, targets), torch.zeros(3))
    assert ((dice_losses(bad, targets) >= 0) & (dice_losses(bad, targets) <= 1)).all()


def test_iou_of_halves() -> None:
    targets = torch.zeros(1, 4, 4)
    targets[0, :2] = 1
    logits = torch.full((1, 4, 4), -1.0)
    logits[0, 1:3] = 1
    assert true_ious(logits, targets).tolist() == [torch.tensor(4 / 12).item()]


def test_borders_are_marked_on_both_sides() -> None:
    pieces = torch.zeros(1, 16, 16, dtype=torch.int32)
    pieces[:, :, 7:] = 5
    cells = border_cells(pieces)
    assert cells.shape == (1, 1, 8, 8)
    assert cells[0, 0, 3].tolist() == [0, 0, 1, 1, 1, 0, 0, 0]


def test_codes_that_tell_pieces_apart_cost_less() -> None:
    torch.manual_seed(0)
    pieces = torch.zeros(2, 16, 16, dtype=torch.int32)
    pieces[:, :, 8:] = 1
    same = torch.zeros(2, 4, 16, 16)
    apart = same + 4 * pieces[:, None]
    assert likeness_loss(apart, pieces) < 0.2 < likeness_loss(same, pieces)
