"""Short prompts as people type them in other languages of the pack, and English ones that hold a
foreign word, made up for these tests.
"""

from __future__ import annotations

GERMAN = """ein rotes Auto
eine Katze auf einem Sofa
ein Hund im Schnee
der alte Mann mit einem Stock
Schloss am See bei Nacht
zwei Kinder spielen im Garten
eine Frau mit blauem Kleid
ein kleines Haus im Wald
Blumen auf dem Tisch
rote Rose neben einer gelben Tulpe
das Mädchen und der Wolf
ein Ritter ohne Helm
Porträt einer jungen Frau
drei Äpfel in einer Schale
ein Drache über der Stadt
Berge und Wolken
eine schwarze Katze, ein weißer Hund
Oma bäckt einen Kuchen
Straße in Berlin, Regen
ein Vogel sitzt auf dem Dach"""
SPANISH = """un gato rojo
una casa junto al mar
el perro y la luna
dos niños en el parque
una mujer con vestido azul
un bosque de noche
retrato de un anciano
flores sobre la mesa
el castillo en la montaña
un coche rojo y una casa blanca
la niña del sombrero
tres manzanas verdes
caballo en la playa
un dragón sobre la ciudad
una taza de café
gatos sin cola
el hombre que mira al cielo
calle con lluvia
mariposa de colores
un pájaro en una rama"""
FRENCH = """une voiture rouge
un chat sur le canapé
la mer et le ciel
une femme avec une robe bleue
deux enfants dans le jardin
un château au bord du lac
portrait d'une jeune fille
le vieil homme et son chien
des fleurs sur la table
une rue de Paris sous la pluie
trois pommes vertes
un dragon dans les nuages
une tasse de café
forêt en automne
un cheval noir, une maison blanche
les montagnes au coucher du soleil
chien sans collier
un oiseau sur une branche
une petite maison dans la forêt
la fille au chapeau"""
PORTUGUESE = """um carro vermelho
uma casa na praia
o gato e o cachorro
duas crianças no parque
uma mulher com vestido azul
um castelo na montanha
retrato de uma menina
flores em cima da mesa
um homem velho com chapéu
três maçãs verdes
um dragão sobre a cidade
uma xícara de café
floresta à noite
cavalo branco no campo
um pássaro em um galho
a menina e o lobo
cachorro sem coleira
rua de Lisboa com chuva
uma rosa vermelha
céu com nuvens"""
ENGLISH = """a red car
red cube, blue sphere
1girl, solo, masterpiece, best quality
portrait of a woman, cafe in Paris
a bust of Leonardo da Vinci
el Capitan at dawn, Yosemite
the Los Angeles skyline at night
a café in Montmartre, crème brûlée on the table
a Volkswagen in front of the Brandenburger Tor
a man named Jose and a dog
Las Vegas, neon
cyberpunk city, rain
Hatsune Miku
two cats
Mona Lisa
an astronaut riding a horse
no people, empty street
Rio de Janeiro from above
die cut sticker of a fox
a pug in a tutu"""
BORROWED = """chiaroscuro portrait, Caravaggio
Barcelona Pavilion by Mies van der Rohe
la la land, jazz, purple sky
Día de los Muertos skull, marigolds
dia de los muertos makeup
fleur de lis pattern, gold on navy
une
a femme fatale in a film noir
trompe l'oeil ceiling, baroque
art nouveau poster in the manner of Mucha
en plein air landscape, impasto
a pas de deux on an empty stage
sturm und drang, romantic landscape
cinco de mayo party
dulce de leche cake, food photography
la dolce vita, Rome, 1960s
Casa Batllo, Gaudi
Vincent van Gogh, sunflowers
Johannes Vermeer van Delft
Oscar de la Renta gown
Rio de Janeiro, carnival
Leonardo da Vinci sketch
de stijl composition, Mondrian
Ludwig van Beethoven bust, marble
luna moth on bark
a casa in Tuscany
chili con carne, steaming
Notre Dame at dusk
Bauhaus poster, Haus am Horn
über minimalist chair
Hotel de Ville
Tierra del Fuego, fjord
Le Corbusier villa
a doppelganger in the mirror
Otto von Bismarck
crème de la crème
moulin rouge, can-can
piccolo and alto flute
mise en scene, noir
sol y sombra"""
"""Names, and what English has taken from other languages."""
ITALIAN = """un gatto nero
una macchina rossa
una donna con un cappello
il cane e la luna
due bambini nel parco
una casa sulla spiaggia
ritratto di una ragazza
fiori sul tavolo
il castello sulla montagna
tre mele verdi
un drago sopra la città
una tazza di caffè
foresta di notte
cavallo bianco
un uccello su un ramo
la bambina e il lupo
gatti senza coda
strada con la pioggia
un vecchio con il bastone
tramonto sul mare"""
DUTCH = """een rode auto
een zwarte kat
een vrouw met een blauwe jurk
de hond en de maan
twee kinderen in het park
een huis aan zee
portret van een meisje
bloemen op de tafel
het kasteel in de bergen
drie groene appels
een draak boven de stad
een kop koffie
bos in de nacht
wit paard in de wei
een vogel op een tak
het meisje en de wolf
katten zonder staart
straat met regen
een oude man met een stok
zonsondergang boven zee"""
POLISH = """czarny kot
czerwony samochód
kobieta w niebieskiej sukience
pies i księżyc
dwoje dzieci w parku
dom nad morzem
portret dziewczyny
kwiaty na stole
zamek na górze
trzy zielone jabłka
smok nad miastem
filiżanka kawy
las nocą
biały koń na łące
ptak na gałęzi
dziewczynka i wilk
koty bez ogona
ulica w deszczu
stary mężczyzna z laską
zachód słońca nad morzem"""
NEW = {
    "de": """ein grünes Fahrrad
ein schlafender Löwe
Leuchtturm im Sturm
eine Tasse Tee
der Turm und die Möwe
ein Junge mit einem Ballon
goldene Ringe
zwei Eulen auf einem Ast
weiße Segel vor blauem Himmel
die Königin der Nacht""",
    "es": """un gato negro
un barco de vela
una bicicleta verde
faro en la tormenta
la reina del mar
un león dormido
dos búhos en una rama
un niño con un globo
anillos dorados
lobo blanco""",
    "fr": """une femme en robe rouge
un vélo vert
un lion endormi
phare dans la tempête
la reine de la nuit
deux hiboux sur une branche
un garçon avec un ballon
anneaux dorés
une tasse de thé
loup blanc""",
    "pt-BR": """um gato preto
um barco à vela
uma bicicleta verde
farol na tempestade
a rainha do mar
um leão dormindo
duas corujas em um galho
um menino com um balão
anéis dourados
lobo branco""",
}
OTHERS = {
    "de": GERMAN.splitlines(),
    "es": SPANISH.splitlines(),
    "fr": FRENCH.splitlines(),
    "it": ITALIAN.splitlines(),
    "nl": DUTCH.splitlines(),
    "pl": POLISH.splitlines(),
    "pt-BR": PORTUGUESE.splitlines(),
}
