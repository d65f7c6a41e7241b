"""Words that need care in a question. English, lower case; every list may grow."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNCOUNTED = _words(
    "hair water grass snow rain smoke fog mist fire sand sunlight moonlight sunshine lightning ice "
    "food furniture jewelry jewellery clothing fur bread rice coffee tea milk beer wine traffic "
    "dust mud dirt cheese butter meat graffiti armor armour makeup ivy moss foliage vegetation "
    "greenery scenery luggage equipment steam blood honey soup pasta pizza hay wheat coral seaweed "
    "money skin glitter confetti lava slime paint ink hail thunder air wood metal gold silver "
    "plastic leather silk velvet denim cotton wool chrome text writing calligraphy lace rubble "
    "garbage trash debris fruit stubble chess football soccer basketball tennis golf poker music "
    "magic cheesecake wildlife popcorn corn garlic parsley"
)
"""Never with an article: Is there snow in the picture?"""
UNIQUE = _words("sky sun moon sea ocean horizon ground earth")
"""With the definite article where nothing describes them: the sky, but a red sky."""
PLURAL_ONLY = _words(
    "glasses sunglasses scissors jeans trousers pants shorts leggings tights stockings overalls "
    "headphones goggles binoculars pajamas pyjamas stairs clothes boxers dungarees earphones"
)
"""Things whose one is called as many are."""
QUALITY = _words(
    "masterpiece quality resolution detail details artstation wallpaper photo photograph picture "
    "image render rendering artwork art illustration painting drawing sketch photography shot "
    "closeup close-up portrait poster concept anime realism realistic photorealistic "
    "hyperrealistic cinematic detailed intricate highly ultra best trending award winning unreal "
    "engine octane hdr uhd raw sharp score rating source minimalist vector monochrome macro half f"
)
"""Said of the picture's making, not of what it shows: nothing is asked."""
WHOLE_PICTURE = _words(
    "hour morning evening afternoon night midnight noon dawn dusk day daytime winter summer autumn "
    "fall spring style mood atmosphere light lighting weather bokeh focus angle view perspective "
    "composition depth background foreground scene vibe vibes aesthetic theme tone tones palette "
    "color colour colors colours glow contrast exposure lens grain century era ambience setting "
    "landscape distance motion blur backdrop season"
)
"""No things one can point at: asked of the whole picture."""
SAY_SOMETHING_ALONE = _words(
    "morning evening afternoon night midnight noon dawn dusk day daytime winter summer autumn fall "
    "spring bokeh blur grain"
)
"""Of those; others do with a word before them only: soft light."""
SHAPE_NOUNS = _words(
    "diamond heart star crescent circle cube sphere cone cylinder pyramid hexagon pentagon octagon "
    "triangle rectangle teardrop"
)
"""The box is shaped like a heart; it is not heart."""
BEFORE_ITS_THING = _words(
    "teenage newborn mini miniature adult rainbow diamond-shaped multicolored multicoloured matted "
    "spiral zigzag gold silver bronze copper chocolate rust mustard cream ivory ginger charcoal "
    "emerald ruby sapphire amber olive lime mint rose"
)
"""Attributes that are said before their thing only: a newborn lamb, not the lamb is newborn."""
STATIVE = _words("see love")
"""Verbs without a progressive form: Does the man see the dog?"""
OPPOSITE_RELATIONS = {
    "next to": "far away from",
    "beside": "far away from",
    "near": "far away from",
    "close to": "far away from",
    "on side of": "far away from",
    "by the side of": "far away from",
    "on": "under",
    "in": "outside",
}
"""Of relations that say the same both ways, or have no converse of their own."""
SPELT_RELATIONS = {"on side of": "at the side of", "in": "in", "outside": "outside"}
STOCK_GARMENTS = ("raincoat", "swimsuit", "kimono", "tuxedo", "spacesuit")
STOCK_SIZES = {
    **dict.fromkeys(("small", "tiny", "little", "miniature", "mini", "petite"), "big"),
    "tall": "short",
    "short": "tall",
    "long": "short",
    "wide": "narrow",
    "narrow": "wide",
    "thick": "thin",
    "thin": "thick",
    "fat": "thin",
    "slim": "fat",
    "deep": "shallow",
    "shallow": "deep",
}
"""Else *small*."""
STOCK_AGES = {
    **dict.fromkeys(("young", "newborn", "teenage", "new"), "old"),
    **dict.fromkeys(("ancient", "antique", "vintage", "aged"), "modern"),
    "modern": "ancient",
}
"""Else *young* of what lives, and *new* of everything else."""
LIVING = _words(
    "man men woman women boy boys girl girls child children person people lady ladies gentleman "
    "baby king queen knight wizard witch soldier couple dog dogs cat cats horse horses bird birds "
    "lion tiger bear wolf wolves fox cow sheep goat pig elephant monkey owl eagle lamb puppy "
    "kitten tree trees fish dragon dinosaur samurai warrior nurse doctor farmer sailor pirate monk"
)
ROUND = _words("round circular spherical oval elliptical rounded curved circle sphere")
STOCK_MATERIALS = {
    "rough": "smooth",
    "shiny": "matte",
    "glossy": "matte",
    "matte": "shiny",
    "soft": "hard",
    "hard": "soft",
    "wet": "dry",
    "dry": "wet",
    "transparent": "opaque",
    "translucent": "opaque",
    **dict.fromkeys(
        ("striped", "spotted", "dotted", "checkered", "plaid", "floral", "patterned"), "plain"
    ),
    **dict.fromkeys(("furry", "fluffy", "fuzzy", "hairy", "feathery", "shaggy"), "smooth"),
    **dict.fromkeys(("wooden", "wood", "bamboo", "wicker", "straw"), "metal"),
}
"""Else *wooden*."""
