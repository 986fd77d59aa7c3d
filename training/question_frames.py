"""How questions are worded, English and Traditional Chinese; ``{0}`` and ``{1}`` are things."""

QUESTION_FRAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "what": (
        ("what is in the picture?", "what can you see?", "what is this?", "describe the picture."),
        ("圖片裡有什麼？", "你看到什麼？", "這是什麼？", "描述這張圖片。"),
    ),
    "where": (("where is {0}?", "where can i find {0}?"), ("{0}在哪裡？", "{0}在圖片的哪裡？")),
    "how_many": (
        ("how many {0} are there?", "how many {0} do you see?"),
        ("有幾{0}？", "圖片裡有幾{0}？"),
    ),
    "colour": (
        ("what color is {0}?", "what colour is {0}?"),
        ("{0}是什麼顏色？", "{0}是什麼顏色的？"),
    ),
    "is_there": (
        ("is there {0}?", "is there {0} in the picture?"),
        ("有{0}嗎？", "圖片裡有沒有{0}？"),
    ),
    "left_of": (
        ("what is to the left of {0}?", "what is left of {0}?"),
        ("{0}的左邊是什麼？", "{0}左邊有什麼？"),
    ),
    "right_of": (
        ("what is to the right of {0}?", "what is right of {0}?"),
        ("{0}的右邊是什麼？", "{0}右邊有什麼？"),
    ),
    "above": (
        ("what is above {0}?", "what is over {0}?"),
        ("{0}的上面是什麼？", "{0}上面有什麼？"),
    ),
    "below": (
        ("what is below {0}?", "what is under {0}?"),
        ("{0}的下面是什麼？", "{0}下面有什麼？"),
    ),
    "bigger": (
        ("which is bigger, {0} or {1}?", "what is bigger, {0} or {1}?"),
        ("{0}和{1}哪個比較大？", "哪個比較大，{0}還是{1}？"),
    ),
    "smaller": (
        ("which is smaller, {0} or {1}?", "what is smaller, {0} or {1}?"),
        ("{0}和{1}哪個比較小？", "哪個比較小，{0}還是{1}？"),
    ),
    "background": (
        ("what is the background?", "what is behind?", "where was this taken?"),
        ("背景是什麼？", "後面是什麼？", "這是在哪裡拍的？"),
    ),
    "is_left_of": (
        ("is {0} to the left of {1}?", "is {0} left of {1}?"),
        ("{0}在{1}的左邊嗎？", "{0}是不是在{1}左邊？"),
    ),
    "is_right_of": (
        ("is {0} to the right of {1}?", "is {0} right of {1}?"),
        ("{0}在{1}的右邊嗎？", "{0}是不是在{1}右邊？"),
    ),
    "is_above": (
        ("is {0} above {1}?", "is {0} over {1}?"),
        ("{0}在{1}的上面嗎？", "{0}是不是在{1}上面？"),
    ),
    "is_below": (
        ("is {0} below {1}?", "is {0} under {1}?"),
        ("{0}在{1}的下面嗎？", "{0}是不是在{1}下面？"),
    ),
    "is_in_front_of": (
        ("is {0} in front of {1}?", "does {0} cover {1}?"),
        ("{0}在{1}的前面嗎？", "{0}擋住{1}嗎？"),
    ),
    "is_bigger_than": (
        ("is {0} bigger than {1}?", "is {0} larger than {1}?"),
        ("{0}比{1}大嗎？", "{0}是不是比{1}大？"),
    ),
    "is_colour": (("is {0} {1}?", "is the color of {0} {1}?"), ("{0}是{1}嗎？", "{0}是{1}的嗎？")),
}
