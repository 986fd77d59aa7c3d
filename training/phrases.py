"""The wordings that captions are made of, in English and Traditional Chinese.

Pairs of a wording and a number say how often it is drawn. ``{n}`` is what is shown, ``{p}`` the
place, ``{b}`` the background, ``{a}`` and ``{b}`` the first and second thing of a relation, and
``{A}`` and ``{B}`` the same with "big" and "small".
"""

from training.relations import Relation
from training.scenes import Language

FRAMES = {
    Language.EN: (
        ("{}", 8),
        ("a photo of {}", 5),
        ("a picture of {}", 3),
        ("an image of {}", 2),
        ("this is {}", 1),
        ("there is {}", 1),
        ("{} in the picture", 1),
        ("i see {}", 1),
        ("a photo with {}", 1),
        ("a picture with {}", 1),
        ("show me {}", 1),
        ("find {}", 1),
        ("a good photo of {}", 1),
        ("a cute picture of {}", 1),
        ("a drawing of {}", 1),
        ("an emoji of {}", 1),
        ("where is {}", 1),
        ("a scene with {}", 1),
    ),
    Language.ZH: (
        ("{}", 8),
        ("{}的照片", 3),
        ("一張{}的照片", 4),
        ("{}的圖片", 2),
        ("一張{}的圖片", 2),
        ("這是{}", 1),
        ("有{}", 2),
        ("圖中有{}", 1),
        ("照片裡有{}", 1),
        ("圖片裡有{}", 1),
        ("一張有{}的照片", 1),
        ("我看到{}", 1),
        ("找{}", 1),
        ("給我看{}", 1),
        ("可愛的{}", 1),
        ("畫面中有{}", 1),
        ("{}的圖案", 1),
        ("一幅{}的畫", 1),
    ),
}
JOINS = {
    Language.EN: (" and ", " with ", " and ", " next to ", ", "),
    Language.ZH: ("和", "跟", "與", "和", "、"),
}
PLACED = {
    Language.EN: (
        ("{n} {p}", 6),
        ("{p}, {n}", 2),
        ("{n} with {b} behind", 1),
        ("a photo of {n} {p}", 2),
        ("a picture of {n} {p}", 1),
    ),
    Language.ZH: (
        ("{p}有{n}", 4),
        ("{p}的{n}", 3),
        ("在{p}的{n}", 1),
        ("{n}在{p}", 2),
        ("{n}，背景是{b}", 1),
        ("一張{p}有{n}的照片", 2),
        ("{p}的{n}的圖片", 1),
    ),
}
BACKGROUND_ONLY = {
    Language.EN: (
        "{b}",
        "a photo of {b}",
        "{b} in the background",
        "{p}",
        "a picture of {b}",
        "the background is {b}",
    ),
    Language.ZH: ("{b}", "{b}的照片", "背景是{b}", "{p}", "一張{b}的圖片", "{b}的背景"),
}
RELATION_FRAMES = {
    Language.EN: {
        Relation.LEFT_OF: (
            "{a} to the left of {b}",
            "{a} left of {b}",
            "{a} on the left side of {b}",
            "{a} is to the left of {b}",
            "{a} on the left and {b} on the right",
        ),
        Relation.RIGHT_OF: (
            "{a} to the right of {b}",
            "{a} right of {b}",
            "{a} on the right side of {b}",
            "{a} is to the right of {b}",
            "{a} on the right and {b} on the left",
        ),
        Relation.ABOVE: (
            "{a} above {b}",
            "{a} over {b}",
            "{a} is above {b}",
            "{a} at the top and {b} at the bottom",
            "{a} higher than {b}",
        ),
        Relation.BELOW: (
            "{a} below {b}",
            "{a} under {b}",
            "{a} is below {b}",
            "{a} beneath {b}",
            "{a} lower than {b}",
        ),
        Relation.IN_FRONT_OF: (
            "{a} in front of {b}",
            "{a} covering {b}",
            "{a} is in front of {b}",
            "{a} hiding a part of {b}",
        ),
        Relation.BEHIND: ("{a} behind {b}", "{a} is behind {b}", "{a} partly hidden by {b}"),
        Relation.BIGGER_THAN: (
            "{a} bigger than {b}",
            "{a} is bigger than {b}",
            "{a} larger than {b}",
            "{A} and {B}",
        ),
        Relation.SMALLER_THAN: ("{a} smaller than {b}", "{a} is smaller than {b}", "{A} and {B}"),
    },
    Language.ZH: {
        Relation.LEFT_OF: (
            "{a}在{b}的左邊",
            "{b}左邊的{a}",
            "{b}的左邊有{a}",
            "左邊是{a}，右邊是{b}",
            "{a}在{b}左邊",
        ),
        Relation.RIGHT_OF: (
            "{a}在{b}的右邊",
            "{b}右邊的{a}",
            "{b}的右邊有{a}",
            "右邊是{a}，左邊是{b}",
            "{a}在{b}右邊",
        ),
        Relation.ABOVE: (
            "{a}在{b}的上面",
            "{a}在{b}上方",
            "{b}上面的{a}",
            "{b}的上方有{a}",
            "上面是{a}，下面是{b}",
        ),
        Relation.BELOW: (
            "{a}在{b}的下面",
            "{a}在{b}下方",
            "{b}下面的{a}",
            "{b}的下方有{a}",
            "下面是{a}，上面是{b}",
        ),
        Relation.IN_FRONT_OF: ("{a}在{b}的前面", "{a}擋住{b}", "{b}前面的{a}", "{a}遮住{b}"),
        Relation.BEHIND: ("{a}在{b}的後面", "{b}後面的{a}", "{a}被{b}擋住"),
        Relation.BIGGER_THAN: ("{a}比{b}大", "比{b}大的{a}", "{A}和{B}"),
        Relation.SMALLER_THAN: ("{a}比{b}小", "比{b}小的{a}", "{A}和{B}"),
    },
}
SIZE_WORDS = {Language.EN: ("big", "small"), Language.ZH: ("大", "小")}
SOMETHING = {
    Language.EN: (
        "something {}",
        "a {} thing",
        "{} things",
        "the color {}",
        "a photo of something {}",
    ),
    Language.ZH: ("{}的東西", "有{}的東西", "{}", "一個{}的東西", "{}物品的照片"),
}
