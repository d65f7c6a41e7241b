"""The words that the reader knows. English, lower case; every list may grow."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COLOUR = _words(
    "red orange yellow green blue purple violet pink brown black white grey gray beige "
    "tan teal turquoise cyan magenta maroon navy "
    "indigo gold golden silver silvery bronze copper crimson scarlet burgundy olive lime "
    "mint aqua coral salmon peach lavender lilac "
    "mauve ivory cream khaki charcoal amber emerald ruby sapphire rose fuchsia mustard "
    "rust chocolate blonde blond ginger brunette "
    "colorful colourful multicolored multicoloured rainbow"
)
SHADE = _words(
    "light dark pale bright deep vivid neon pastel dull soft hot sky forest baby royal "
    "lemon brick blood midnight snow jet"
)
"""Before a colour, part of it: dark blue, sky blue."""
MATERIAL = _words(
    "wooden wood metal metallic glass plastic leather stone concrete brick ceramic "
    "porcelain clay marble granite paper cardboard "
    "rubber rubbery fabric cotton wool woolen woollen silk silky silken velvet denim "
    "linen lace straw wicker bamboo iron steel chrome "
    "aluminium aluminum brass tin wax foam felt fur furry fluffy fuzzy hairy feathery "
    "feathered shaggy smooth rough shiny glossy "
    "matte matted polished rusty frosted transparent translucent soft hard bumpy scaly "
    "striped spotted dotted checkered plaid floral "
    "patterned knitted crocheted embroidered tiled sandy muddy dusty icy slimy sticky "
    "wet dry crisp crispy prickly spiky jagged "
    "coarse sleek plush satin suede mesh woven quilted textured grassy velvety marbled"
)
SIZE = _words(
    "big large huge enormous giant gigantic massive tiny small little miniature tall "
    "short long wide narrow thick thin fat slim "
    "oversized petite deep shallow mini bulky towering"
)
SHAPE = _words(
    "round circular square rectangular triangular oval spherical cubic cylindrical "
    "conical pyramidal hexagonal pentagonal octagonal "
    "diamond heart star curved straight flat pointed pointy crescent oblong cube sphere "
    "cone cylinder pyramid hexagon pentagon "
    "octagon teardrop rounded bent crooked twisted spiral elliptical tetrahedral "
    "triangle circle rectangle diamond-shaped "
    "heart-shaped star-shaped zigzag wavy"
)
AGE = _words("old young new ancient elderly antique vintage modern aged newborn teenage adult")
KINDS = {"colour": COLOUR, "shape": SHAPE, "size": SIZE, "age": AGE, "material": MATERIAL}
NOUNS_TOO = _words(
    "orange gold silver bronze copper olive lime mint coral salmon peach lavender rose "
    "amber emerald ruby sapphire ivory cream "
    "chocolate mustard rust ginger rainbow wood metal glass plastic leather stone "
    "concrete brick ceramic porcelain clay marble "
    "granite paper cardboard rubber fabric cotton wool silk velvet denim linen lace "
    "straw bamboo iron steel brass tin wax foam felt "
    "fur diamond heart star crescent circle cube sphere cone cylinder pyramid hexagon "
    "pentagon octagon spiral triangle rectangle "
    "square adult giant teardrop mesh satin suede white"
)
"""Modifiers when a thing follows, things otherwise."""
_COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
NUMBERS = {word: number for number, word in enumerate(_COUNTED.split())} | {
    "dozen": 12,
    "couple": 2,
    "pair": 2,
}
NEGATORS = _words(
    "no without not never nothing neither nor isn't aren't doesn't don't cannot can't lacking"
)
HAVING = _words("wearing wear having have with containing contain including include")
"""Behind a negator, what follows them is absent: not wearing a hat."""
NO_NOUNS = HAVING | _words(
    "nobody noone none instead past first second third fourth fifth sixth seventh eighth ninth "
    "tenth last"
)
PARTS = _words(
    "hair eye eyes face skin beard mustache moustache freckles lips mouth nose ear ears hand hands "
    "arm arms leg legs foot feet finger fingers nails head neck shoulder shoulders wing wings tail "
    "horn horns fur paws bangs braid braids ponytail twintails bun curls makeup tattoo tattoos"
)
"""Of a body."""
CLOTHES = _words(
    "dress shirt t-shirt tshirt coat jacket suit hat cap scarf skirt blouse sweater hoodie uniform "
    "kimono robe gown cape cloak vest tuxedo helmet boots shoes glasses sunglasses jeans trousers "
    "pants shorts swimsuit bikini apron tie costume armor armour gloves mask crown turban sari "
    "overalls pajamas pyjamas jumpsuit raincoat dungarees"
)
"""What one is in, one wears."""
RELATIONS: dict[str, tuple[str, str | None]] = {
    "to the left of": ("spatial", "to the right of"),
    "on the left of": ("spatial", "on the right of"),
    "left of": ("spatial", "right of"),
    "to the right of": ("spatial", "to the left of"),
    "on the right of": ("spatial", "on the left of"),
    "right of": ("spatial", "left of"),
    "in front of": ("spatial", "behind"),
    "behind": ("spatial", "in front of"),
    "above": ("spatial", "below"),
    "below": ("spatial", "above"),
    "over": ("spatial", "under"),
    "under": ("spatial", "over"),
    "underneath": ("spatial", "over"),
    "beneath": ("spatial", "above"),
    "on top of": ("spatial", "under"),
    "on the top of": ("spatial", "on the bottom of"),
    "on the bottom of": ("spatial", "on the top of"),
    "inside": ("spatial", "outside"),
    "outside": ("spatial", "inside"),
    "bigger than": ("size", "smaller than"),
    "smaller than": ("size", "bigger than"),
    "larger than": ("size", "smaller than"),
    "taller than": ("size", "shorter than"),
    "shorter than": ("size", "taller than"),
    "longer than": ("size", "shorter than"),
    "before": ("time", "after"),
    "after": ("time", "before"),
    "next to": ("spatial", None),
    "beside": ("spatial", None),
    "near": ("spatial", None),
    "on side of": ("spatial", None),
    "by the side of": ("spatial", None),
    "close to": ("spatial", None),
    "on": ("spatial", None),
    "in": ("spatial", None),
}
"""Phrase -> its kind and its converse; None: it says the same both ways, or has no converse of its
own.
"""
VERB_FORMS = (
    "attack attacks attacked attacking | beat beats beaten beating | bite bites bitten "
    "bit biting | break breaks broken broke "
    "breaking | brush brushes brushed brushing | build builds built building | call "
    "calls called calling | carry carries carried "
    "carrying | catch catches caught catching | chase chases chased chasing | close "
    "closes closed closing | cook cooks cooked "
    "cooking | cover covers covered covering | cut cuts cutting | drag drags dragged "
    "dragging | draw draws drawn drew drawing | "
    "drink drinks drunk drank drinking | drive drives driven drove driving | eat eats "
    "eaten ate eating | feed feeds fed feeding | "
    "fight fights fought fighting | follow follows followed following | grab grabs "
    "grabbed grabbing | greet greets greeted "
    "greeting | guard guards guarded guarding | help helps helped helping | hide hides "
    "hidden hid hiding | hit hits hitting | "
    "hold holds held holding | hug hugs hugged hugging | hunt hunts hunted hunting | "
    "kick kicks kicked kicking | kiss kisses "
    "kissed kissing | lead leads led leading | lick licks licked licking | lift lifts "
    "lifted lifting | love loves loved loving | "
    "open opens opened opening | paint paints painting painted | photograph photographs "
    "photographed photographing | poke pokes "
    "poked poking | pull pulls pulled pulling | punch punches punched punching | push "
    "pushes pushed pushing | read reads reading "
    "| rescue rescues rescued rescuing | ride rides ridden rode riding | scare scares "
    "scared scaring | see sees seen saw seeing | "
    "shave shaves shaved shaving | sniff sniffs sniffed sniffing | teach teaches taught "
    "teaching | throw throws thrown threw "
    "throwing | tickle tickles tickled tickling | touch touches touched touching | visit "
    "visits visited visiting | wash washes "
    "washed washing | watch watches watched watching | wear wears worn wearing | write "
    "writes written wrote writing"
)
BEHIND_THINGS = _words(
    "floats glows shines hovers drifts soars walks runs jumps leaps dances sings smiles laughs "
    "says swims sleeps stares gazes kneels crouches strolls reflected illuminated scattered "
    "decorated dressed seated laid full half perched parked wrapped stacked arranged lit unlit"
)
"""Verbs where no article or property stands before them."""
VERBS = {form: forms.split()[0] for forms in VERB_FORMS.split(" | ") for form in forms.split()}
"""Every form -> its base."""
BE = _words(
    "is are was were be being been isn't aren't look looks appear appears seem seems "
    "painted coloured colored dyed made"
)
"""Between a thing and what is said of it."""
SKIPPED = _words("very really quite so extremely rather slightly bright-coloured completely partly")
"""Before a property, of no account."""
FUNCTION = _words(
    "a an the this that these those my your his her its our their some any each every "
    "all both another other of in on at by with from "
    "to for as into onto over under up down out off through across along around between "
    "among against near during and or but nor so "
    "while where when which who whom whose what that's there here it he she they we you "
    "i then than also only just such like it's "
    "one's if because are is was were be being been am do does did has have had having "
    "will would can could should may might must not "
    "no without never stand stands standing sit sits sitting lie lies lying lay lean "
    "leans leaning hang hangs hanging rest rests "
    "him them us me himself herself itself themselves "
    "resting contrast contrasts contrasted complement complements complemented "
    "complementing look looks looked appear appears seem "
    "seems surrounded filled placed put set made next front back left right side top "
    "bottom behind beside below above beneath inside "
    "outside underneath before after close photo photograph picture image painting "
    "drawing rendering"
)
"""Never a thing."""
DETERMINERS = _words("a an the his her its their")
PLACES = _words("front back left right side top bottom")
"""Of those, things behind a property."""
_NOUNS = (
    "ring king wing string thing building ceiling morning evening spring painting "
    "clothing earring railing swing sibling duckling "
    "pudding wedding stocking icing frosting parking dining living sling bring bling "
    "lightning lighting nothing something dumpling butterfly "
    "jelly lily belly family fly assembly tally rally ally"
)
NOUNS = _words(_NOUNS)
"""Things in spite of their endings in -ing and -ly."""
