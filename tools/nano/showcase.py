"""Fixed prompts, prompts in free words and twenty edits, for comparison by eye."""

from dataclasses import dataclass, replace
from typing import Literal

from tools.nano.scene import Scene

PROMPTS = (
    "a red house with a blue roof and two windows on grass at night",
    "a yellow castle with a purple roof in the desert at sunset",
    "a pink tower with a green roof and three windows in the snow on a sunny day",
    "a white apartment block with a red roof, four floors and a tree on grass",
    "a red lighthouse on the beach at sunset",
    "the ace of spades on a green background",
    "the queen of hearts on a blue background",
    "the 7 of diamonds",
    "the king of clubs on a purple background",
    "the 10 of hearts, ink drawing",
    "a red striped dress on a yellow background",
    "a blue dotted t-shirt on a plain background",
    "a green checked skirt on a pink background",
    "a brown coat on a gray background",
    "blue trousers on a white background",
    "a black hat on a teal background",
    "an orange cat in the center on a teal background",
    "a gray cat on the left on a plain background",
    "a brown dog on a green background",
    "a blue bird on the right on a yellow background",
    "a large orange fish on a blue background",
    "a white rabbit on a purple background",
    "a red car on a plain background",
    "a yellow bus on a gray background",
    "a blue boat on an orange background",
    "a large purple rocket on a black background",
    "a small yellow star on the right on a black background",
    "a large pink heart on a white background",
    "a teal hexagon in the center on a red background",
    "a green ring on the left on a plain background",
    "a large pink flower on a white background",
    "a green cactus on an orange background",
    "a red mushroom on a green background",
    "a teal cup on a pink background",
    "a yellow moon on a blue background",
    "three red balloons on a blue background",
    "four yellow stars on a purple background",
    "two orange cats on a plain background",
    "a red circle and a blue square on a yellow background",
    "a brown dog and a green tree on a plain background",
    "an ink drawing of a cat",
    "a blueprint of a castle with three windows",
    "a blueprint of a rocket",
    "pixel art of a red mushroom on a blue background",
    "a pastel drawing of a pink house with a blue roof",
    "an ink drawing of a lighthouse",
    "a pastel drawing of a purple dress",
    "pixel art of a green car",
)

# The last row has words that the model never read.
FREE = (
    "cat", "dog", "house", "castle", "red car", "ace of spades", "dress", "rocket",
    "a cat", "a kitten", "bunny", "cottage at night", "a golden star", "crimson heart",
    "scarlet gown", "queen of hearts", "Black Cat on the right", "A HOUSE AT NIGHT.",
    "photo of a dog", "cute puppy, high quality", "three fish", "sun and moon",
    "fir tree in winter", "draw me a ship please", "a photo of an astronaut",
    "a beautiful woman", "elephant",
    "a bowl of soup", "Paris", "a dragon above a castle", "an iPhone", "asdf qwer",
)  # fmt: skip

Kind = Literal["order", "fill", "redraw"]


@dataclass(frozen=True)
class Example:
    """An edit by an order, by filling in a mask, or by drawing again; `after` is what is wanted."""

    kind: Kind
    before: Scene
    after: Scene
    text: str


HOUSE = Scene("building", "house", 11, color="red", roof="blue", windows=2, sky="day",
              ground="grass", tree=False)  # fmt: skip
CASTLE = Scene("building", "castle", 12, color="gray", roof="purple", windows=3, sky="day",
               ground="sand", tree=True)  # fmt: skip
CAT = Scene("object", "cat", 13, color="orange", background="teal", size="large")
CUP = Scene("object", "cup", 14, color="teal", background="plain", position="left")
PAIR = Scene("object", "car", 15, color="red", background="plain", second="tree",
             second_color="green")  # fmt: skip
DRESS = Scene("garment", "dress", 16, color="red", background="yellow", pattern="plain")
CARD = Scene("card", "card", 17, rank="7", suit="hearts", background="blue")
STAR = Scene("object", "star", 18, color="yellow", background="purple", size="medium")
CUP_AND_STAR = replace(CUP, second="star", second_color="red", position="center")

EDITS = (
    Example("order", HOUSE, replace(HOUSE, sky="night"), "make it night"),
    Example("order", HOUSE, replace(HOUSE, roof="yellow"), "make the roof yellow"),
    Example("order", HOUSE, replace(HOUSE, ground="snow"), "put it in the snow"),
    Example("order", HOUSE, replace(HOUSE, tree=True), "add a tree"),
    Example("order", CASTLE, replace(CASTLE, color="pink"), "paint the walls pink"),
    Example("order", CASTLE, replace(CASTLE, tree=False), "remove the tree"),
    Example("order", CAT, replace(CAT, background="pink"), "change the background to pink"),
    Example("order", CAT, replace(CAT, color="black"), "make it black"),
    Example("order", CAT, replace(CAT, subject="dog"), "turn it into a dog"),
    Example("order", CUP, CUP_AND_STAR, "add a red star on the right"),
    Example("order", PAIR, replace(PAIR, second=None, second_color=None, position="left"),
            "remove the tree"),
    Example("order", DRESS, replace(DRESS, pattern="striped"), "make it striped"),
    Example("order", DRESS, replace(DRESS, style="blueprint"), "turn it into a blueprint"),
    Example("order", CARD, replace(CARD, rank="queen"), "change it to the queen of hearts"),
    Example("fill", HOUSE, replace(HOUSE, roof="green"), "a green roof"),
    Example("fill", CUP, CUP_AND_STAR, "a red star"),
    Example("fill", STAR, replace(STAR, subject="heart", color="pink"), "a pink heart"),
    Example("redraw", HOUSE, replace(HOUSE, color="yellow", roof="green", sky="sunset"),
            "a yellow house with a green roof and two windows on grass at sunset"),
    Example("redraw", CAT, replace(CAT, color="purple", background="yellow"),
            "a large purple cat on a yellow background"),
    Example("redraw", DRESS, replace(DRESS, color="blue", pattern="dotted", background="white"),
            "a blue dotted dress on a white background"),
)  # fmt: skip
