"""The vocabulary of captions: synonyms, filler, and how attributes are put into words."""

from __future__ import annotations

SUBJECTS: dict[str, tuple[str, ...]] = {
    "circle": ("circle", "circle", "disc", "dot", "ball"),
    "square": ("square", "square", "box"),
    "triangle": ("triangle",),
    "star": ("star",),
    "heart": ("heart",),
    "ring": ("ring", "ring", "donut"),
    "cross": ("cross", "cross", "plus sign"),
    "hexagon": ("hexagon",),
    "cat": ("cat", "cat", "kitten", "kitty"),
    "dog": ("dog", "dog", "puppy"),
    "bird": ("bird", "bird", "sparrow"),
    "fish": ("fish", "fish", "goldfish"),
    "rabbit": ("rabbit", "rabbit", "bunny", "hare"),
    "car": ("car", "car", "automobile"),
    "bus": ("bus", "bus", "coach"),
    "boat": ("boat", "boat", "sailboat", "ship"),
    "plane": ("plane", "plane", "airplane", "aeroplane", "jet"),
    "rocket": ("rocket", "rocket", "spaceship"),
    "tree": ("tree", "tree", "oak", "oak tree"),
    "pine tree": ("pine tree", "pine tree", "pine", "fir tree", "christmas tree"),
    "flower": ("flower", "flower", "blossom", "daisy"),
    "cactus": ("cactus",),
    "mushroom": ("mushroom", "mushroom", "toadstool"),
    "sun": ("sun",),
    "moon": ("moon", "moon", "crescent moon"),
    "balloon": ("balloon",),
    "cup": ("cup", "cup", "mug", "teacup"),
    "mountain": ("mountain", "mountain", "hill", "peak"),
    "house": ("house", "house", "house", "home", "cottage"),
    "tower": ("tower",),
    "apartment block": ("apartment block", "apartment building", "block of flats", "building"),
    "castle": ("castle", "castle", "palace", "fortress"),
    "lighthouse": ("lighthouse",),
    "dress": ("dress", "dress", "gown"),
    "t-shirt": ("t-shirt", "t-shirt", "shirt", "tee"),
    "skirt": ("skirt",),
    "coat": ("coat", "coat", "jacket"),
    "trousers": ("trousers", "trousers", "pants", "jeans"),
    "hat": ("hat",),
}

PLURALS = {
    "box": "boxes",
    "cross": "crosses",
    "kitty": "kitties",
    "puppy": "puppies",
    "bunny": "bunnies",
    "bus": "buses",
    "coach": "coaches",
    "daisy": "daisies",
    "cactus": "cacti",
    "fish": "fish",
    "goldfish": "goldfish",
}

COLOR_WORDS: dict[str, tuple[str, ...]] = {
    "red": ("red", "red", "red", "scarlet", "crimson"),
    "orange": ("orange",),
    "yellow": ("yellow", "yellow", "yellow", "golden"),
    "green": ("green", "green", "green", "emerald"),
    "blue": ("blue", "blue", "blue", "azure"),
    "purple": ("purple", "purple", "purple", "violet"),
    "pink": ("pink", "pink", "pink", "rose"),
    "brown": ("brown", "brown", "brown", "chocolate"),
    "black": ("black",),
    "white": ("white",),
    "gray": ("gray", "grey"),
    "teal": ("teal", "teal", "turquoise"),
}

STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "ink": (
        "an ink drawing of {}",
        "a line drawing of {}",
        "{}, ink drawing",
        "{}, line art",
        "an ink sketch of {}",
    ),
    "blueprint": (
        "a blueprint of {}",
        "{}, blueprint",
        "{}, blueprint style",
        "a technical drawing of {}",
    ),
    "pixel": ("pixel art of {}", "{}, pixel art", "a pixel art {bare}", "{}, 8-bit"),
    "pastel": (
        "a pastel drawing of {}",
        "{}, pastel",
        "{} in pastel colors",
        "{}, soft pastel style",
    ),
}

FLAT_WORDS = (
    "{}", "{}", "{}", "{}", "{}", "{}",
    "a picture of {}", "an illustration of {}", "a drawing of {}", "a photo of {}",
    "an image of {}",
    "flat illustration, {}", "{}, flat illustration", "{}, flat style", "draw {}", "show me {}",
)  # fmt: skip

PRAISE = (
    "beautiful",
    "cute",
    "nice",
    "lovely",
    "pretty",
    "simple",
    "old",
    "new",
    "shiny",
    "happy",
    "elegant",
)
QUALITY = (
    "high quality",
    "detailed",
    "masterpiece",
    "best quality",
    "4k",
    "clean",
    "vector art",
    "minimal",
)

SKY_WORDS: dict[str, tuple[str, ...]] = {
    "day": ("on a sunny day", "during the day", "in daylight", "under a blue sky", "by day"),
    "sunset": ("at sunset", "at dusk", "in the evening", "under an orange sky"),
    "night": ("at night", "in the night", "under the moon", "under a starry sky", "by night"),
}
GROUND_WORDS: dict[str, tuple[str, ...]] = {
    "grass": ("on grass", "on green grass", "on a meadow", "in a field"),
    "snow": ("on snow", "in the snow", "in winter", "on a snowy field"),
    "sand": ("on sand", "in the desert", "on the beach"),
}
POSITION_WORDS: dict[str, tuple[str, ...]] = {
    "left": ("on the left", "at the left", "on the left side"),
    "center": ("in the center", "in the middle"),
    "right": ("on the right", "at the right", "on the right side"),
}
SIZE_WORDS: dict[str, tuple[str, ...]] = {
    "small": ("small", "small", "little", "tiny"),
    "medium": ("medium", "medium-sized"),
    "large": ("large", "large", "big", "huge"),
}
PATTERN_WORDS: dict[str, tuple[str, ...]] = {
    "plain": ("plain", "plain", "solid"),
    "striped": ("striped", "striped", "stripy"),
    "dotted": ("dotted", "polka dot", "spotted"),
    "checked": ("checked", "checkered", "plaid"),
}
PATTERN_TAILS = {"striped": "with stripes", "dotted": "with polka dots", "checked": "with checks"}
BACKGROUND_WORDS = (
    "on {} background", "on {} background", "on {} background",
    "with {} background", "against {} backdrop", "in front of {} wall",
)  # fmt: skip
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
RANK_WORDS = {
    "2": "two", "3": "three", "4": "four", "5": "five", "6": "six",
    "7": "seven", "8": "eight", "9": "nine", "10": "ten",
}  # fmt: skip


PAIRS = ("trousers", "pants", "jeans")


def with_article(words: str) -> str:
    if words.endswith(PAIRS):
        return words
    return ("an " if words[0] in "aeiou8" else "a ") + words


def plural(noun: str) -> str:
    head, _, last = noun.rpartition(" ")
    many = PLURALS.get(last, last + "s")
    return f"{head} {many}" if head else many
