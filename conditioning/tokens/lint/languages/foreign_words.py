"""Words of other languages than English that are written in Latin letters: function words, what
prompts are about, and what English has borrowed.
"""

from __future__ import annotations

FUNCTION_WORDS = {
    "de": (
        "der das den dem des ein eine einen einem einer eines und oder mit ohne auf im ins vom "
        "von zum zur bei aus nach für über unter neben zwischen hinter durch gegen ist sind wird "
        "nicht kein keine sich wie auch noch sehr er sie es ihr sein seine zwei drei vier fünf "
        "sechs sieben acht neun zehn"
    ),
    "es": (
        "el la los las un una unos unas del al y con sin de en por para que se su sus sobre es "
        "son está como más muy pero junto entre hacia lo dos tres cuatro cinco seis siete ocho "
        "nueve diez"
    ),
    "fr": (
        "le la les un une des du de et ou en dans avec sans sur sous pour au aux qui que est sont "
        "pas très plus sa ses leur ce cette il elle entre devant derrière chez deux trois quatre "
        "cinq sept huit neuf dix"
    ),
    "it": (
        "il la lo gli le un uno una di del dello della dei degli delle al alla nel nella su sul "
        "sulla con che tra sotto sopra davanti accanto è sono molto senza tre quattro cinque sette "
        "otto nove dieci"
    ),
    "nl": (
        "de het een en met aan bij voor naar onder tussen naast achter uit zonder niet twee drie "
        "vijf zes zeven acht negen tien"
    ),
    "pl": (
        "na do za przed pod nad przy ze bez się jest są nie dwa dwie trzy cztery pięć oraz obok "
        "między który która jak"
    ),
    "pt-BR": (
        "o os um uma uns umas da das dos na nas nos em e de com sem para por que à ao às é são "
        "não se seu sua sobre entre mais muito dois duas três quatro cinco seis sete oito nove dez"
    ),
}
"""The commonest articles, conjunctions, prepositions and pronouns, and the numbers up to ten."""
TOPIC_WORDS = {
    "de": (
        "Katze Katzen Hund Hunde Haus Häuser Mann Männer Frau Frauen Mädchen Junge Kind Kinder "
        "Vogel Vögel Pferd Pferde Baum Bäume Wald Berg Berge Wolken Himmel Sonne Mond Sterne "
        "Schnee Regen Nacht Straße Strasse Stadt Dorf Schloss Fluss Blume Blumen Tisch Stuhl "
        "Fenster Tür Garten Wiese Kleid Haare Augen Gesicht Porträt Gemälde Zeichnung Hintergrund "
        "Ritter Drache Hexe König Königin Apfel Äpfel Kuchen Schiff Kirche Brücke Feuer Wasser "
        "Schatten Herbst Frühling Kaffee Schmetterling Sonnenuntergang "
        "rotes roter roten rotem blaues blaue blauer blauen blauem grünes grüne grüner grünen "
        "gelbe gelbes gelber gelben schwarze schwarzer schwarzes schwarzen weiße weißer weißes "
        "weißen weisse großes große großer großen kleines kleiner kleinen altes alten junge junger "
        "jungen schöne schönes schöner goldene goldener dunkle dunkler dunkles sitzt steht liegt "
        "trägt hält spielt spielen läuft fliegt"
    ),
    "es": (
        "gato gata gatos perro perros casa casas mujer mujeres hombre niño niña niños niñas chica "
        "chico rojo roja rojos rojas negro negra blanco blanca azul azules verde verdes amarillo "
        "amarilla caballo pájaro árbol árboles bosque montaña montañas cielo luna sol mar playa "
        "ciudad calle noche lluvia nieve flores silla ventana puerta jardín vestido pelo ojos "
        "retrato cuadro fondo castillo dragón bruja rey reina manzana manzanas coche barco iglesia "
        "puente fuego agua luz sombra joven viejo vieja anciano pequeño pequeña hermosa hermoso "
        "sentado sentada caminando corriendo taza mariposa atardecer"
    ),
    "fr": (
        "chien chiens chatte femme femmes homme hommes fille garçon enfant enfants voiture maison "
        "maisons bleue bleus blanche blanches vert verte vertes jaune cheval oiseau oiseaux arbre "
        "arbres forêt montagne montagnes ciel lune soleil plage ville rue nuit pluie neige fleurs "
        "jardin fenêtre chaise cheveux yeux peinture sorcière reine pomme pommes bateau "
        "église pont feu lumière ombre jeune vieux vieil vieille assise assis tasse papillon "
        "nuages automne hiver"
    ),
    "it": (
        "gatto gatta gatti cani donna donne uomo ragazza ragazzo bambino bambina bambini rosso "
        "rossa nero nera bianco bianca azzurro verde gialla giallo cavallo uccello albero alberi "
        "foresta bosco montagna montagne cielo luna spiaggia notte pioggia neve fiori fiore "
        "giardino finestra vestito capelli occhi ritratto castello drago strega regina mela mele "
        "macchina barca chiesa ponte fuoco luce ombra giovane vecchio vecchia piccola seduto "
        "seduta tazza farfalla cappello paesaggio tramonto casa"
    ),
    "nl": (
        "kat katten hond honden huis huizen vrouw meisje jongen kinderen blauwe groene gele zwarte "
        "witte paard vogel bomen bos bergen lucht maan stad straat nacht regen sneeuw bloem "
        "bloemen tuin raam deur jurk ogen gezicht portret schilderij kasteel draak heks koning "
        "koningin appel appels kerk brug vuur schaduw jonge oude kleine grote mooie zittend "
        "staand vlinder zonsondergang"
    ),
    "pl": (
        "kot kota koty pies dom kobieta kobiety mężczyzna dziewczyna dziewczynka chłopiec "
        "dzieci czerwony czerwona czerwone czarny czarna czarne biały biała białe niebieski "
        "niebieska zielony zielona żółty żółta koń ptak drzewo drzewa las góra góry niebo księżyc "
        "słońce morze plaża miasto ulica deszcz śnieg kwiat kwiaty ogród okno drzwi sukience "
        "sukienka włosy oczy twarz portret zamek smok czarownica król królowa jabłko jabłka "
        "samochód łódź kościół ogień woda światło cień młoda młody stary stara mały mała duży duża "
        "piękna piękny siedzi stoi filiżanka motyl kapelusz lesie śniegu nocy mieście słońca"
    ),
    "pt-BR": (
        "gato gata gatos cachorro cão mulher mulheres homem menino menina crianças criança "
        "vermelho vermelha preto preta branco branca azul azuis verde verdes amarelo amarela "
        "cavalo pássaro árvore árvores floresta montanha montanhas céu lua sol mar praia cidade "
        "rua noite chuva neve flores casa casas cadeira janela porta jardim vestido cabelo olhos "
        "retrato castelo dragão bruxa rei rainha maçã maçãs carro barco igreja ponte fogo água luz "
        "sombra jovem velho velha pequeno pequena sentado sentada xícara borboleta chapéu nuvens"
    ),
}
"""What short prompts are about, as they stand in a sentence: German nouns with their capital."""
BORROWED = (
    "a cappella|a la carte|à la carte|al dente|al fresco|alla prima|arroz con pollo|art nouveau|"
    "au lait|au naturel|bas de gamme|beaux arts|bella donna|blanc de blanc|bossa nova|café au lait|"
    "casa blanca|chili con carne|cinco de mayo|commedia dell'arte|coq au vin|costa del sol|"
    "coup d'état|coup de grâce|crème de la crème|creme de la creme|cul de sac|das boot|de facto|"
    "de rigueur|de stijl|dia de los muertos|día de los muertos|dia de muertos|día de muertos|"
    "dolce far niente|dolce vita|du jour|dulce de leche|eau de parfum|eau de toilette|el nino|"
    "el niño|en plein air|en route|fait accompli|femme fatale|film noir|fin de siècle|"
    "fin de siecle|fleur de lis|fleur de lys|fleur de sel|foie gras|haute couture|huevos rancheros|"
    "je ne sais quoi|joie de vivre|jardin des plantes|la bella luna|la dolce vita|la la land|"
    "laissez faire|le mans|mano a mano|mar a lago|memento mori|mise en place|mise en scène|"
    "mise en scene|moulin rouge|notre dame|objet d'art|pain au chocolat|palo verde|pan de muerto|"
    "pas de deux|pico de gallo|pièce de résistance|piece de resistance|plein air|raison d'être|"
    "robe de chambre|sol y sombra|sturm und drang|sub rosa|tabula rasa|terra cotta|"
    "tierra del fuego|tour de force|trompe l'oeil|trompe l'œil|verde antico|vis a vis|"
    "vista del mar|über alles"
)
"""Words and titles that English has taken over, with a | between them."""
AMBIGUOUS = frozenset(
    (
        *("a", "an", "as", "am", "do", "he", "in", "me", "no", "on", "or", "so", "was", "will"),
        *("com", "es", "plus", "sept", "sin", "son", "lo", "met", "pod", "pies", "dom", "las"),
    )
)
"""Words that say nothing: they stand in texts of English and of another language."""
