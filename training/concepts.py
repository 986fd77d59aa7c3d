"""The things an emoji scene can hold: 160 concepts with their names in two languages.

Only emoji that look different from one another at 24 pixels are in the table. A line reads

    key | emoji | colour or - | English names | Traditional Chinese names (Taiwan) | measure word

The first name is the one used in answers; the others are synonyms the mini models also learn.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Concept:
    """One kind of thing.

    Attributes:
        key: Stable ASCII identifier, e.g. ``"bubble_tea"``.
        index: Position in ``CONCEPTS``, the class number of the dense heads.
        emoji: The characters drawn from the font.
        category: Key of ``CATEGORIES``.
        colour: Key of ``COLOURS``, or ``None`` where no single colour is clear.
        names_en: English names, the answer first.
        names_zh: Traditional Chinese names, the answer first.
        measure_zh: Chinese measure word that counts it.
    """

    key: str
    index: int
    emoji: str
    category: str
    colour: str | None
    names_en: tuple[str, ...]
    names_zh: tuple[str, ...]
    measure_zh: str


COLOURS: dict[str, tuple[str, str]] = {
    "red": ("red", "紅色"),
    "orange": ("orange", "橘色"),
    "yellow": ("yellow", "黃色"),
    "green": ("green", "綠色"),
    "blue": ("blue", "藍色"),
    "purple": ("purple", "紫色"),
    "pink": ("pink", "粉紅色"),
    "brown": ("brown", "棕色"),
    "black": ("black", "黑色"),
    "white": ("white", "白色"),
    "grey": ("grey", "灰色"),
}

CATEGORIES: dict[str, tuple[str, str]] = {
    "animal": ("animal", "動物"),
    "bird": ("bird", "鳥"),
    "sea": ("sea animal", "海洋動物"),
    "insect": ("little creature", "小蟲"),
    "fruit": ("fruit", "水果"),
    "vegetable": ("vegetable", "蔬菜"),
    "food": ("food", "食物"),
    "drink": ("drink", "飲料"),
    "vehicle": ("vehicle", "交通工具"),
    "plant": ("plant", "植物"),
    "clothes": ("piece of clothing", "衣物"),
    "sport": ("toy or sport thing", "玩具或運動用品"),
    "music": ("musical instrument", "樂器"),
    "household": ("household thing", "日用品"),
    "building": ("building", "建築物"),
    "sky": ("thing in the sky", "天上的東西"),
}

_TABLE = """
# animal
cat | 🐈 | - | cat, kitty, kitten | 貓, 貓咪, 小貓 | 隻
dog | 🐕 | - | dog, puppy, doggy | 狗, 小狗, 狗狗 | 隻
horse | 🐎 | brown | horse, pony | 馬, 馬兒 | 匹
cow | 🐄 | - | cow | 牛, 乳牛, 母牛 | 頭
pig | 🐷 | pink | pig, piggy, piglet | 豬, 小豬 | 隻
sheep | 🐑 | - | sheep, lamb | 羊, 綿羊 | 隻
rabbit | 🐰 | - | rabbit, bunny | 兔子, 小兔子 | 隻
mouse | 🐁 | grey | mouse, rat | 老鼠, 鼠 | 隻
elephant | 🐘 | grey | elephant | 大象, 象 | 頭
giraffe | 🦒 | - | giraffe | 長頸鹿 | 隻
lion | 🦁 | - | lion | 獅子 | 頭
tiger | 🐅 | orange | tiger | 老虎, 虎 | 隻
monkey | 🐒 | brown | monkey | 猴子, 猴 | 隻
panda | 🐼 | - | panda, panda bear | 貓熊, 熊貓 | 隻
bear | 🐻 | brown | bear, brown bear | 熊, 棕熊 | 隻
koala | 🐨 | grey | koala | 無尾熊 | 隻
fox | 🦊 | orange | fox | 狐狸 | 隻
frog | 🐸 | green | frog | 青蛙 | 隻
camel | 🐫 | - | camel | 駱駝 | 頭
zebra | 🦓 | - | zebra | 斑馬 | 匹
hedgehog | 🦔 | - | hedgehog | 刺蝟 | 隻
snake | 🐍 | green | snake | 蛇 | 條
turtle | 🐢 | green | turtle, tortoise | 烏龜, 海龜, 龜 | 隻
crocodile | 🐊 | green | crocodile, alligator | 鱷魚 | 隻
dinosaur | 🦕 | green | dinosaur | 恐龍 | 隻
unicorn | 🦄 | - | unicorn | 獨角獸 | 隻
# bird
rooster | 🐓 | - | rooster, chicken, hen | 公雞, 雞 | 隻
duck | 🦆 | - | duck | 鴨子, 鴨 | 隻
chick | 🐥 | yellow | chick, baby chicken | 小雞 | 隻
penguin | 🐧 | - | penguin | 企鵝 | 隻
owl | 🦉 | brown | owl | 貓頭鷹 | 隻
parrot | 🦜 | - | parrot | 鸚鵡 | 隻
flamingo | 🦩 | pink | flamingo | 紅鶴, 火鶴 | 隻
peacock | 🦚 | - | peacock | 孔雀 | 隻
swan | 🦢 | white | swan, goose | 天鵝 | 隻
# sea
fish | 🐠 | - | fish, tropical fish | 魚, 熱帶魚 | 條
shark | 🦈 | - | shark | 鯊魚 | 條
dolphin | 🐬 | blue | dolphin | 海豚 | 隻
whale | 🐳 | blue | whale | 鯨魚, 鯨 | 頭
octopus | 🐙 | - | octopus | 章魚 | 隻
crab | 🦀 | - | crab | 螃蟹 | 隻
# insect
butterfly | 🦋 | orange | butterfly | 蝴蝶 | 隻
bee | 🐝 | yellow | bee, honeybee | 蜜蜂 | 隻
ladybug | 🐞 | red | ladybug, ladybird | 瓢蟲 | 隻
snail | 🐌 | - | snail | 蝸牛 | 隻
spider | 🕷️ | - | spider | 蜘蛛 | 隻
# fruit
apple | 🍎 | red | apple | 蘋果 | 顆
banana | 🍌 | yellow | banana | 香蕉 | 根
tangerine | 🍊 | orange | tangerine, orange, mandarin | 橘子, 柳丁 | 顆
grapes | 🍇 | purple | bunch of grapes, grapes | 葡萄 | 串
strawberry | 🍓 | red | strawberry | 草莓 | 顆
watermelon | 🍉 | - | watermelon, slice of watermelon | 西瓜 | 片
pineapple | 🍍 | - | pineapple | 鳳梨 | 顆
cherries | 🍒 | red | pair of cherries, cherries, cherry | 櫻桃 | 串
lemon | 🍋 | yellow | lemon | 檸檬 | 顆
pear | 🍐 | green | pear | 梨子, 西洋梨 | 顆
kiwi | 🥝 | green | kiwi, kiwi fruit | 奇異果 | 顆
# vegetable
carrot | 🥕 | orange | carrot | 紅蘿蔔, 胡蘿蔔 | 根
corn | 🌽 | yellow | ear of corn, corn, sweetcorn | 玉米 | 根
broccoli | 🥦 | green | head of broccoli, broccoli | 花椰菜, 青花菜 | 朵
mushroom | 🍄 | - | mushroom, toadstool | 蘑菇, 香菇, 菇 | 朵
pumpkin | 🎃 | orange | pumpkin, jack-o-lantern | 南瓜, 南瓜燈 | 顆
# food
bread | 🍞 | - | loaf of bread, bread, toast | 麵包, 吐司 | 條
hamburger | 🍔 | - | hamburger, burger | 漢堡, 漢堡包 | 個
pizza | 🍕 | - | slice of pizza, pizza | 披薩, 比薩 | 片
hot_dog | 🌭 | - | hot dog | 熱狗 | 根
fries | 🍟 | - | pack of fries, french fries, fries, chips | 薯條 | 包
fried_egg | 🍳 | - | fried egg, egg | 荷包蛋, 煎蛋, 蛋 | 顆
cake | 🎂 | - | cake, birthday cake | 蛋糕, 生日蛋糕 | 個
ice_cream | 🍦 | - | ice cream, ice cream cone | 冰淇淋, 霜淇淋 | 支
donut | 🍩 | - | donut, doughnut | 甜甜圈 | 個
cookie | 🍪 | brown | cookie, biscuit | 餅乾 | 片
rice_ball | 🍙 | - | rice ball, onigiri | 飯糰, 三角飯糰 | 個
dumpling | 🥟 | - | dumpling | 水餃, 餃子 | 顆
cheese | 🧀 | yellow | piece of cheese, cheese | 起司, 乳酪 | 塊
lollipop | 🍭 | - | lollipop | 棒棒糖 | 支
popcorn | 🍿 | - | box of popcorn, popcorn | 爆米花 | 桶
noodles | 🍜 | - | bowl of noodles, noodles, ramen | 麵, 拉麵, 湯麵 | 碗
# drink
coffee | ☕ | - | cup of coffee, coffee, hot drink | 咖啡, 熱咖啡 | 杯
milk | 🥛 | white | glass of milk, milk | 牛奶, 鮮奶 | 杯
bubble_tea | 🧋 | - | bubble tea, boba, pearl milk tea | 珍珠奶茶, 珍奶 | 杯
juice | 🧃 | - | juice box, juice | 果汁, 鋁箔包果汁 | 盒
teapot | 🫖 | red | teapot, pot of tea | 茶壺 | 個
# vehicle
car | 🚗 | red | car | 汽車, 車子, 轎車 | 輛
bus | 🚌 | - | bus | 公車, 巴士 | 輛
bicycle | 🚲 | - | bicycle, bike | 腳踏車, 自行車, 單車 | 輛
scooter | 🛵 | yellow | scooter, motor scooter, moped | 機車, 摩托車 | 輛
airplane | ✈️ | - | airplane, plane, aeroplane | 飛機 | 架
helicopter | 🚁 | yellow | helicopter | 直升機 | 架
rocket | 🚀 | - | rocket, space ship | 火箭, 太空船 | 枚
train | 🚂 | - | train, locomotive, steam train | 火車, 火車頭 | 列
sailboat | ⛵ | - | sailboat, boat | 帆船, 小船 | 艘
ship | 🚢 | - | ship, cruise ship | 輪船, 船, 郵輪 | 艘
tractor | 🚜 | - | tractor | 拖拉機, 曳引機 | 輛
truck | 🚚 | - | truck, delivery truck, lorry | 卡車, 貨車 | 輛
# plant
tree | 🌳 | green | tree | 樹, 大樹 | 棵
palm | 🌴 | - | palm tree, palm | 棕櫚樹, 椰子樹 | 棵
cactus | 🌵 | green | cactus | 仙人掌 | 棵
christmas_tree | 🎄 | green | christmas tree | 聖誕樹 | 棵
rose | 🌹 | red | rose | 玫瑰, 玫瑰花 | 朵
sunflower | 🌻 | yellow | sunflower | 向日葵, 太陽花 | 朵
tulip | 🌷 | pink | tulip | 鬱金香 | 朵
cherry_blossom | 🌸 | pink | cherry blossom, pink flower | 櫻花 | 朵
maple_leaf | 🍁 | - | maple leaf, autumn leaf | 楓葉 | 片
# clothes
top_hat | 🎩 | black | top hat, hat | 禮帽, 帽子 | 頂
shirt | 👕 | blue | t-shirt, shirt | T恤, 上衣 | 件
jeans | 👖 | blue | pair of jeans, jeans, trousers | 牛仔褲, 褲子 | 條
dress | 👗 | blue | dress | 洋裝, 連身裙 | 件
sneaker | 👟 | blue | sneaker, shoe, running shoe | 球鞋, 鞋子, 運動鞋 | 隻
glasses | 👓 | - | pair of glasses, glasses, spectacles | 眼鏡 | 副
crown | 👑 | yellow | crown | 皇冠, 王冠 | 頂
backpack | 🎒 | red | backpack, school bag | 背包, 書包 | 個
# sport
soccer_ball | ⚽ | - | soccer ball, football | 足球 | 顆
basketball | 🏀 | orange | basketball | 籃球 | 顆
tennis_racket | 🎾 | blue | tennis racket, tennis | 網球拍, 網球 | 支
trophy | 🏆 | yellow | trophy, gold cup | 獎盃 | 座
kite | 🪁 | - | kite | 風箏 | 只
skateboard | 🛹 | - | skateboard | 滑板 | 塊
dice | 🎲 | - | dice | 骰子 | 顆
teddy_bear | 🧸 | brown | teddy bear, teddy | 泰迪熊, 玩具熊 | 隻
robot | 🤖 | - | robot | 機器人 | 個
balloon | 🎈 | red | balloon | 氣球 | 顆
# music
guitar | 🎸 | - | guitar, electric guitar | 吉他, 電吉他 | 把
piano | 🎹 | - | piano, keyboard | 鋼琴, 鍵盤 | 架
drum | 🥁 | - | drum | 鼓 | 面
trumpet | 🎺 | yellow | trumpet | 小號, 喇叭 | 支
violin | 🎻 | brown | violin | 小提琴 | 把
bell | 🔔 | yellow | bell | 鈴鐺, 鐘 | 個
# household
book | 📕 | red | book | 書, 書本 | 本
pencil | ✏️ | - | pencil | 鉛筆, 筆 | 支
scissors | ✂️ | - | pair of scissors, scissors | 剪刀 | 把
key | 🔑 | yellow | key | 鑰匙 | 把
clock | ⏰ | red | alarm clock, clock | 鬧鐘, 時鐘 | 個
light_bulb | 💡 | - | light bulb, lamp | 燈泡, 電燈泡 | 顆
candle | 🕯️ | white | candle | 蠟燭 | 根
gift | 🎁 | - | gift, present | 禮物, 禮物盒 | 份
camera | 📷 | - | camera | 相機, 照相機 | 台
phone | 📱 | black | phone, mobile phone, smartphone | 手機 | 支
computer | 💻 | - | laptop, computer, notebook computer | 筆電, 電腦, 筆記型電腦 | 台
television | 📺 | - | television, tv | 電視, 電視機 | 台
chair | 🪑 | brown | chair | 椅子 | 張
bed | 🛏️ | - | bed | 床 | 張
hammer | 🔨 | - | hammer | 槌子, 鐵鎚 | 把
umbrella | ☂️ | purple | umbrella | 雨傘, 傘 | 把
microscope | 🔬 | - | microscope | 顯微鏡 | 台
globe | 🌍 | - | globe, earth | 地球, 地球儀 | 顆
# building
house | 🏠 | - | house, home | 房子, 屋子 | 棟
castle | 🏰 | - | castle | 城堡 | 座
tent | ⛺ | orange | tent | 帳篷 | 頂
ferris_wheel | 🎡 | - | ferris wheel | 摩天輪 | 座
# sky
sun | ☀️ | - | sun | 太陽 | 個
moon | 🌙 | yellow | moon, crescent moon | 月亮, 弦月 | 個
star | ⭐ | yellow | star | 星星 | 顆
cloud | ☁️ | white | cloud | 雲, 雲朵 | 朵
rainbow | 🌈 | - | rainbow | 彩虹 | 道
snowflake | ❄️ | blue | snowflake | 雪花 | 片
lightning | ⚡ | yellow | lightning, lightning bolt | 閃電 | 道
fire | 🔥 | - | fire, flame | 火, 火焰 | 團
snowman | ⛄ | white | snowman | 雪人 | 個
heart | ❤️ | red | heart, love heart | 愛心, 心 | 顆
"""


def _split(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(","))


def _read_table(table: str) -> tuple[Concept, ...]:
    concepts: list[Concept] = []
    category = ""
    for line in table.strip().splitlines():
        if line.startswith("#"):
            category = line[1:].strip()
            continue
        key, emoji, colour, english, chinese, measure = (c.strip() for c in line.split("|"))
        concepts.append(
            Concept(
                key=key,
                index=len(concepts),
                emoji=emoji,
                category=category,
                colour=None if colour == "-" else colour,
                names_en=_split(english),
                names_zh=_split(chinese),
                measure_zh=measure,
            )
        )
    return tuple(concepts)


CONCEPTS: tuple[Concept, ...] = _read_table(_TABLE)


@cache
def _by_key() -> dict[str, Concept]:
    return {concept.key: concept for concept in CONCEPTS}


def concept_named(key: str) -> Concept:
    """Look a concept up by its key.

    Args:
        key: A concept key such as ``"cat"``.

    Returns:
        The concept.

    Raises:
        KeyError: If no concept has this key.
    """
    return _by_key()[key]
