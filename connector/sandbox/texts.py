"""What people of a made-up account write: each text names the person, the product and a detail of the case.

Every sentence is drawn on its own, so that no two letters are alike word for word. No letter asks a question about
telephones by chance: whoever wants a number asked for says so.
"""

from __future__ import annotations

import random
from typing import Final

_OPENINGS: Final = (
    "many thanks for writing to us about {product} for your house in {city}.",
    "I have just read your enquiry on {product}, and {city} is well within our area.",
    "my colleague passed me your wish for {product}; I look after everybody around {city}.",
    "it is good that you think of {product} before the winter comes to {city}.",
    "your note on {product} reached me this minute, so here is what I can say already.",
    "before anything else: yes, we also build {product} in and near {city}.",
    "as promised I come back to you with regard to {product}.",
    "we have installed {product} for three families in your part of {city} this year.",
    "thinking of {product} usually begins with the meter, and so does this letter.",
    "here are some first thoughts on {product}, written with {city} in mind.",
    "you asked for {product}, and I went through the plans of your street.",
    "our survey team returned from {city} with fresh figures on {product}.",
)
_DETAILS: Final = (
    "Your roof seems to face {side}, which leaves enough sun for {size} panels.",
    "With a tilted roof towards {side} the yield is better than most people expect.",
    "The chimney on the {side} side casts a shadow after lunch that we should plan around.",
    "From the aerial picture I count room for {size} modules, all of them on the {side} slope.",
    "An older fuse box can stay where it is as long as nobody touches the {side} wall.",
    "A battery pays off once more than half of the power is used after sunset.",
    "Because of the trees to the {side}, optimisers behind each module are worth their price.",
    "A flat roof needs weights instead of screws, and the {side} edge must stay free.",
    "Snow loads matter where you live, so the rails on the {side} face are set closer.",
    "The grid operator asks for a form with a sketch of the {side} elevation.",
    "Tiles made of slate take longer to lift, hence one more day for {size} panels.",
    "The heat pump would stand best in the {side} corner, away from the bedroom.",
    "A carport on the {side} of the garden could carry {size} modules as well.",
    "Your neighbours chose {size} panels facing {side} and sell a third of the power.",
)
_OFFERS: Final = (
    "I can draw up two versions, one lean and one with storage.",
    "The enclosed outline lists material, scaffolding and the electrician apart.",
    "Prices hold until the end of next month, whatever the suppliers do.",
    "Everything is done by our own fitters; nobody else sets foot on the roof.",
    "The subsidy of the state is already taken off in the last column.",
    "Paying by instalments is possible without a bank in between.",
    "The guarantee covers twenty years for the modules and ten for the inverter.",
    "A drone survey costs nothing and takes about half an hour.",
    "You would see the yield of every single module in an app.",
    "Registration with the authorities is part of what we do for you.",
    "Where the cable runs is decided together with you on the spot.",
)
_STEPS: Final = (
    "On {weekday} I am in your area and could measure the rafters.",
    "Send me a picture of the meter cupboard and I will finish the drawing.",
    "By {weekday} you will have the full calculation from me.",
    "I keep a place free for you on {weekday}, shortly after breakfast.",
    "The last bill of your supplier would help me to size the storage.",
    "Let us settle the remaining points on {weekday}.",
    "Have a look in peace; on {weekday} I will ask how you like it.",
    "If {weekday} suits you, the surveyor comes with the ladder.",
    "A short answer with the year in which the house was built is enough for now.",
    "Tell me which of both ways you prefer and I will order on {weekday}.",
)
_CLOSINGS: Final = (
    "With sunny regards, {rep}",
    "Kind regards from the workshop, {rep}",
    "Best wishes, {rep} of Meridian Solar",
    "Until then, {rep}",
    "Yours sincerely, {rep}",
    "Warm regards, {rep} and the planning desk",
)
_GERMAN: Final = (
    (
        "vielen Dank für Ihre Anfrage zu {product} in {city}.",
        "Ihre Nachricht zu {product} liegt gerade vor mir.",
        "für {product} rund um {city} bin ich der richtige Ansprechpartner.",
        "ich habe mir Ihr Haus in {city} schon einmal von oben angesehen.",
        "zu {product} haben wir in Ihrer Straße gute Erfahrungen gemacht.",
        "wie versprochen melde ich mich wegen {product}.",
        "schön, dass Sie noch vor dem Winter an {product} denken.",
        "heute früh kam Ihr Wunsch nach {product} bei mir an.",
        "wer in {city} wohnt, hat bei {product} kurze Wege zu uns.",
        "mein Kollege hat mir Ihren Wunsch nach {product} weitergegeben.",
        "zu {product} beginnt alles am Zähler, und so auch dieser Brief.",
        "unser Trupp kam gestern aus {city} zurück und hat Zahlen mitgebracht.",
    ),
    (
        "Das Dach liegt nach {side}, dort passen etwa {size} Module hin.",
        "Der Kamin wirft am Nachmittag Schatten, den planen wir mit ein.",
        "Ein Speicher lohnt sich, sobald abends viel Strom gebraucht wird.",
        "Wegen der Bäume empfehle ich Optimierer hinter jedem Modul.",
        "Auf einem flachen Dach arbeiten wir mit Gewichten, ganz ohne Bohren.",
        "Die alte Sicherungstafel darf bleiben, nur der Zähler zieht um.",
        "Die Wärmepumpe stünde am besten an der Seite nach {side}.",
        "Schiefer braucht Geduld, deshalb rechne ich einen Tag mehr.",
        "Ihre Nachbarn verkaufen ein Drittel des Stroms an das Netz.",
        "Ein Carport im Garten trüge noch einmal {size} Module.",
        "Die Schneelast verlangt bei Ihnen engere Schienen.",
        "Der Netzbetreiber möchte eine Skizze der Ansicht nach {side}.",
        "Vom Luftbild her sehe ich wenig, was im Weg stünde.",
    ),
    (
        "Gern rechne ich zwei Varianten, eine schlanke und eine mit Speicher.",
        "Gerüst, Material und Elektriker stehen im Entwurf getrennt.",
        "Die Förderung des Landes ist bereits abgezogen.",
        "Montiert wird nur von eigenen Leuten.",
        "Auf die Module geben wir zwanzig Jahre Garantie.",
        "Die Anmeldung beim Netzbetreiber übernehmen wir.",
        "Der Preis gilt bis zum Ende des nächsten Monats.",
        "Wo das Kabel läuft, entscheiden wir gemeinsam vor Ort.",
        "Eine Befliegung kostet nichts und dauert eine halbe Stunde.",
        "Raten sind möglich, ganz ohne Bank dazwischen.",
        "Den Ertrag jedes Moduls sehen Sie später in einer App.",
    ),
    (
        "Am {weekday} bin ich in Ihrer Nähe und könnte messen.",
        "Ein Foto vom Zählerschrank genügt mir fürs Erste.",
        "Bis {weekday} haben Sie die ganze Rechnung von mir.",
        "Die letzte Abrechnung Ihres Versorgers hilft mir beim Planen.",
        "Schauen Sie in Ruhe, am {weekday} frage ich nach.",
        "Nennen Sie mir einfach das Baujahr des Hauses.",
        "Am {weekday} käme unser Vermesser mit der Leiter.",
        "Den Platz am {weekday} halte ich Ihnen gern frei.",
        "Sagen Sie mir, welche der beiden Lösungen Ihnen näher liegt.",
        "Die offenen Punkte klären wir am besten am {weekday}.",
    ),
    ("Sonnige Grüße, {rep}", "Mit freundlichen Grüßen, {rep}", "Beste Grüße aus der Werkstatt, {rep}"),
)
_PRODUCTS: Final = (
    "a solar roof",
    "a roof with storage",
    "a heat pump",
    "a balcony set",
    "a carport with panels",
    "a wallbox beside the panels",
)
_GERMAN_PRODUCTS: Final = (
    "einer Solaranlage",
    "einem Dach mit Speicher",
    "einer Wärmepumpe",
    "einem Carport mit Modulen",
    "einer Wallbox",
)
_SIDES: Final = ("south", "south-west", "west", "south-east", "east")
_GERMAN_SIDES: Final = ("Süden", "Südwesten", "Westen", "Osten")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_GERMAN_DAYS: Final = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag")
_ASKING: Final = (
    "Under which telephone number can I reach you?",
    "Please send me a phone number, so that we can talk.",
    "What is the best number to call you on?",
)
_GERMAN_ASKING: Final = (
    "Unter welcher Telefonnummer erreiche ich Sie?",
    "Bitte schicken Sie mir noch Ihre Nummer für einen Rückruf.",
)
_SUBJECTS: Final = (
    "Your enquiry",
    "Roof plan",
    "First figures",
    "Dates for the survey",
    "Your offer",
    "A short note",
)
_ANSWERS: Final = (
    "Thank you, that sounds good. The house was built in {year}.",
    "We talked about it at home and would like to see the version with storage.",
    "I attach the bill of {year}; the roof was done anew since.",
    "That is more than we thought, but go on please.",
    "Fine for us. My wife is at home in the mornings.",
    "Here is the picture of the cupboard, taken in {year} after the repair.",
)
_CHATS: Final = (
    "{name}: thanks, the sketch for {city} came through.",
    "Short sign of life on {product}: the drawing is on its way to {city}.",
    "The surveyor found the gate in {city}; all fine, {name}.",
    "{product}: I hold the date for {name} until tomorrow.",
)
_CALL_NOTES: Final = (
    "Spoke about {product}; the roof in {city} is {year} vintage.",
    "{name} compares two offers and likes ours for the guarantee.",
    "Explained the subsidy for {product}. Wants figures in writing.",
    "Talked through the plan for {city}; next the survey.",
)
_WISHES: Final = (
    "We think about {product} for our house in {city}, built in {year}.",
    "Please let me have an offer for {product}. The roof is from {year}.",
    "Interested in {product}, flat in {city}, ground floor.",
    "My neighbour recommended you for {product}.",
)
_QUESTIONS: Final = (
    "How long does it take to build {product} in {city}?",
    "Can {product} be paid by instalments? The house is from {year}.",
    "Is {product} possible on a roof of {year}, and what would it cost?",
    "Do you also come to {city} for {product}?",
)

#: One letter for everybody: what a rep sends who does not look at the lead.
FORM_LETTER: Final = (
    "we are delighted about the interest in our company. We are the leading supplier of modern energy for private "
    "and business customers and offer a broad range of products from a single source. In the attachment there is our "
    "brochure with all models, awards and references of the past years. Simply choose a model and send the order "
    "form back to us; our team takes care of everything else. We look forward to a good cooperation."
)


class Pen:
    """Writes for one account. German to those who speak it, English to everybody else."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice

    def subject(self, name: str) -> str:
        """The subject of a letter of ours."""
        return f"{self._dice.choice(_SUBJECTS)} for {name}"

    def letter(self, *, name: str, city: str, rep: str, language: str, asks_phone: bool = False) -> str:
        """A letter of a rep to one person."""
        is_german = language == "de"
        parts = _GERMAN if is_german else (_OPENINGS, _DETAILS, _OFFERS, _STEPS, _CLOSINGS)
        sentences = [self._dice.choice(sentences) for sentences in parts]
        # A second detail and a second offer: with fewer sentences some two letters would be near twins.
        for place in (1, 3):
            other = [sentence for sentence in parts[(place + 1) // 2] if sentence != sentences[place]]
            sentences.insert(place + 1, self._dice.choice(other))
        if asks_phone:
            sentences.insert(-1, self._dice.choice(_GERMAN_ASKING if is_german else _ASKING))
        text = " ".join(sentences[:-1]) + f"\n{sentences[-1]}"
        greeting = f"Guten Tag {name}," if is_german else f"Dear {name},"
        return f"{greeting}\n" + self._filled(text, name=name, city=city, rep=rep, is_german=is_german)

    def form_letter(self, *, name: str, rep: str) -> str:
        """The same for everybody, but for the name."""
        return f"Dear {name},\n{FORM_LETTER}\nBest regards, {rep}"

    def answer(self) -> str:
        """What a lead writes back."""
        return self._filled(self._dice.choice(_ANSWERS))

    def chat(self, *, name: str, city: str) -> str:
        """A chat message."""
        return self._filled(self._dice.choice(_CHATS), name=name, city=city)

    def call_note(self, *, name: str, city: str) -> str:
        """What was noted of a call."""
        return self._filled(self._dice.choice(_CALL_NOTES), name=name, city=city)

    def wish(self, *, city: str, is_question: bool) -> str:
        """What a lead wrote into the form."""
        return self._filled(self._dice.choice(_QUESTIONS if is_question else _WISHES), city=city)

    def _filled(self, text: str, *, name: str = "", city: str = "", rep: str = "", is_german: bool = False) -> str:
        pick = self._dice.choice
        return text.format(
            name=name,
            city=city,
            rep=rep,
            product=pick(_GERMAN_PRODUCTS if is_german else _PRODUCTS),
            side=pick(_GERMAN_SIDES if is_german else _SIDES),
            weekday=pick(_GERMAN_DAYS if is_german else _DAYS),
            size=self._dice.randint(8, 42),
            year=self._dice.randint(1952, 2019),
        )
