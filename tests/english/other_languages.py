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
OTHERS = {
    "de": GERMAN.splitlines(),
    "es": SPANISH.splitlines(),
    "fr": FRENCH.splitlines(),
    "pt-BR": PORTUGUESE.splitlines(),
}
