"""Who the leads of a made-up account are: names of several cultures, numbers valid where they live, own addresses."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType


@dataclass(frozen=True, slots=True)
class Person:
    """One lead as a person. `slug` is the name in plain letters, as it stands in an e-mail address."""

    first_name: str
    last_name: str
    slug: str
    region: str
    city: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class _Culture:
    """Names as "as written/in plain letters" where the two differ, and where such people live."""

    regions: tuple[tuple[str, str], ...]
    first_names: str
    last_names: str


CULTURES: Final = (
    _Culture(
        (("DE", "Berlin"), ("DE", "Köln"), ("AT", "Wien"), ("CH", "Zürich")),
        "Anke Björn/Bjoern Jörg/Joerg Käthe/Kaethe Sören/Soeren Ulrike Günther/Guenther Heike Matthias Wiebke "
        "Torsten Annika Lukas Friederike",
        "Müller/Mueller Schröder/Schroeder Weiß/Weiss Böhm/Boehm Krüger/Krueger Lindner Vogel Jäger/Jaeger Hoffmann "
        "Großmann/Grossmann Petersen Albrecht Königsfeld/Koenigsfeld Brandt Scholz",
    ),
    _Culture(
        (("FR", "Lyon"), ("BE", "Liège"), ("FR", "Nantes")),
        "Élodie/Elodie Jérôme/Jerome François/Francois Chloé/Chloe Benoît/Benoit Aurélie/Aurelie Mathieu "
        "Solène/Solene Gaëlle/Gaelle Thibault Margaux Rémi/Remi",
        "Lefèvre/Lefevre Garçon/Garcon Béranger/Beranger Moreau Dubois Chevalier Périer/Perier Lemaître/Lemaitre "
        "Fournier Besnard Guérin/Guerin Delacroix Vasseur",
    ),
    _Culture(
        (("ES", "Zaragoza"), ("ES", "Málaga"), ("MX", "Puebla")),
        "José/Jose María/Maria Iñaki/Inaki Begoña/Begona Álvaro/Alvaro Lucía/Lucia Martín/Martin Inés/Ines "
        "Sofía/Sofia Andrés/Andres Joaquín/Joaquin Nuria",
        "Núñez/Nunez Ibáñez/Ibanez García/Garcia Peña/Pena Muñoz/Munoz Ordóñez/Ordonez Castillo Vázquez/Vazquez "
        "Serrano Cañadas/Canadas Molina Echeverría/Echeverria Robles",
    ),
    _Culture(
        (("PL", "Kraków"), ("PL", "Łódź"), ("PL", "Gdańsk")),
        "Łukasz/Lukasz Paweł/Pawel Grażyna/Grazyna Michał/Michal Małgorzata/Malgorzata Wojciech Agnieszka Zbigniew "
        "Jędrzej/Jedrzej Beata Krzysztof Żaneta/Zaneta",
        "Wójcik/Wojcik Kowalczyk Dąbek/Dabek Szczęsny/Szczesny Wróbel/Wrobel Gołąb/Golab Mazur Błaszczyk/Blaszczyk "
        "Żak/Zak Kaczmarek Grzelak Pająk/Pajak Nowak",
    ),
    _Culture(
        (("CZ", "Brno"), ("SK", "Košice")),
        "Jiří/Jiri Šárka/Sarka Tomáš/Tomas Zdeněk/Zdenek Kateřina/Katerina Ondřej/Ondrej Věra/Vera Radek Lenka "
        "Božena/Bozena Matěj/Matej",
        "Dvořák/Dvorak Černý/Cerny Růžička/Ruzicka Kříž/Kriz Hájek/Hajek Beneš/Benes Šimek/Simek Vlček/Vlcek "
        "Kolář/Kolar Bureš/Bures",
    ),
    _Culture(
        (("TR", "İzmir"), ("TR", "Bursa")),
        "Gülşen/Gulsen Çağla/Cagla Oğuz/Oguz Şebnem/Sebnem Işıl/Isil Ömer/Omer Ayşe/Ayse Barış/Baris Emre "
        "Tuğba/Tugba",
        "Yıldız/Yildiz Öztürk/Ozturk Çelik/Celik Şahin/Sahin Kılıç/Kilic Aydın/Aydin Güneş/Gunes Doğan/Dogan Koç/Koc",
    ),
    _Culture(
        (("GB", "Leeds"), ("IE", "Galway"), ("US", "Boise")),
        "Fiona Callum Siobhán/Siobhan Owen Harriet Declan Rhys Imogen Alastair Niamh Gareth Bronwen",
        "O'Connor/OConnor MacLeod Whitaker Pemberton Llewellyn Ashworth Fitzgerald Harding Kavanagh Thornton "
        "Sinclair",
    ),
    _Culture(
        (("SE", "Malmö"), ("NO", "Tromsø"), ("DK", "Aarhus"), ("FI", "Tampere")),
        "Åsa/Asa Göran/Goran Håkon/Hakon Søren/Soren Märta/Marta Øystein/Oystein Päivi/Paivi Linnéa/Linnea "
        "Jørgen/Jorgen Tuomas Ingrid",
        "Sjöberg/Sjoberg Ødegård/Odegard Mäkelä/Makela Åkesson/Akesson Nygård/Nygard Bjørnstad/Bjornstad Lindqvist "
        "Hämäläinen/Hamalainen Rasmussen Strømme/Stromme",
    ),
    _Culture(
        (("GR", "Θεσσαλονίκη"), ("GR", "Πάτρα"), ("CY", "Λευκωσία")),
        "Νίκος/Nikos Ελένη/Eleni Γιώργος/Giorgos Αθηνά/Athina Σπύρος/Spyros Κατερίνα/Katerina Θανάσης/Thanasis "
        "Δήμητρα/Dimitra Σταύρος/Stavros Ιωάννα/Ioanna",
        "Γεωργίου/Georgiou Νικολάου/Nikolaou Αλεξίου/Alexiou Δημητρίου/Dimitriou Βασιλείου/Vasileiou "
        "Οικονόμου/Oikonomou Θεοδώρου/Theodorou Καραμπέτσου/Karampetsou Στεργίου/Stergiou",
    ),
    _Culture(
        (("UA", "Львів"), ("BG", "Пловдив"), ("RS", "Нови Сад"), ("KZ", "Алматы")),
        "Олена/Olena Тарас/Taras Милица/Milica Драган/Dragan Ивайло/Ivaylo Десислава/Desislava Айгуль/Aigul "
        "Тимур/Timur Галина/Halyna Юрій/Yurii",
        "Шевчук/Shevchuk Бондаренко/Bondarenko Јовановић/Jovanovic Петровић/Petrovic Стоянов/Stoyanov Кравец/Kravets "
        "Ткаченко/Tkachenko Сейтжан/Seitzhan Мельник/Melnyk",
    ),
    _Culture(
        (("AE", "دبي"), ("EG", "القاهرة"), ("JO", "عمّان"), ("MA", "الرباط")),
        "ليلى/Layla عمر/Omar فاطمة/Fatima خالد/Khaled نور/Nour يوسف/Youssef سارة/Sara كريم/Karim هدى/Huda طارق/Tariq",
        "الحسن/Alhassan النجار/Alnajjar الخطيب/Alkhatib منصور/Mansour العلي/Alali حداد/Haddad الزين/Alzein "
        "صالح/Saleh البنا/Albanna",
    ),
)

#: Names that are short but borne by people.
SHORT_NAMES: Final = (("Bo", "Li"), ("Ng", "Vy"), ("Wu", "Yi"), ("Jo", "Au"), ("Ty", "Ho"), ("Li", "Xu"))
#: Made up, like the people; nothing is ever sent there. Names kept for examples would be told as such.
_DOMAINS: Final = (
    "fjordposten-nett.no",
    "harbourmail-home.co.uk",
    "kundenpost-daheim.de",
    "mail.vila-casa.pt",
    "post.nordlys-hjem.no",
    "web.elia-spiti.gr",
)
_COMPANIES: Final = (
    "Sonnenhof Gärtnerei",
    "Kowalczyk i Synowie",
    "Harbour Dental Care",
    "Boulangerie Périer",
    "Nordlys Bygg",
    "Ελιά & Υιοί",
    "مخبز النجار",
    "Bursa Tekstil",
    "Brno Lights",
    "Taller Ibáñez",
)


class Crowd:
    """Gives people, each with a number and an address that nobody else of the crowd has."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._numbers: set[str] = set()
        self._addresses: set[str] = set()

    def person(self, name: tuple[str, str] | None = None) -> Person:
        """Somebody new; with the given first and last name (each as "written/in plain letters" where the two differ),
        else one of our own choice."""
        culture = self._dice.choices(CULTURES, weights=[6, 2, 2, 3, 2, 2, 3, 2, 2, 2, 2])[0]
        region, city = self._dice.choice(culture.regions)
        first, first_slug = _spelt(self._dice.choice(culture.first_names.split()))
        last, last_slug = _spelt(self._dice.choice(culture.last_names.split()))
        if name is not None:
            (first, first_slug), (last, last_slug) = map(_spelt, name)
        slug = f"{first_slug}.{last_slug}".lower()
        return Person(first, last, slug, region, city, self.phone(region), self.address(slug))

    def phone(self, region: str) -> str:
        """A mobile number that the numbering plan of `region` knows, written as people there write it abroad."""
        example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if example is None:
            raise ValueError(f"There is no mobile number plan for {region}.")
        length = len(str(example.national_number))
        while True:
            tail = self._dice.randrange(10**5)
            national = int(str(example.national_number)[: length - 5] + f"{tail:05d}")
            number = phonenumbers.PhoneNumber(country_code=example.country_code, national_number=national)
            key = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            if key not in self._numbers and phonenumbers.is_valid_number(number):
                self._numbers.add(key)
                style = self._dice.choice((PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164))
                return phonenumbers.format_number(number, style)

    def address(self, slug: str) -> str:
        """An address on a domain kept for examples."""
        domain = self._dice.choice(_DOMAINS)
        address, number = f"{slug}@{domain}", 1
        first, _, last = slug.partition(".")
        while address in self._addresses:
            # Two with one name must not have nearly one address, too: nobody could say that they are two.
            number += 1
            address = f"{last}.{first}{number * 37 if number > 2 else ''}@{domain}"
        self._addresses.add(address)
        return address

    def company(self) -> str:
        """The name of a firm."""
        return self._dice.choice(_COMPANIES)


def respelt(number: str) -> str:
    """The same number as another hand would write it: no blanks, the plus as two noughts kept away."""
    parsed = phonenumbers.parse(number, None)
    plain = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return f"{plain[:3]} ({plain[3:6]}) {plain[6:]}" if number == plain else plain


def _spelt(entry: str) -> tuple[str, str]:
    written, _, plain = entry.partition("/")
    return written, plain or written
