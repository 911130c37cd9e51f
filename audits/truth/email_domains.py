"""Domains of mail: large providers by country, relays, domains kept for examples, and slips of the fingers.

Our own table, of 22 November 2026: the providers that the public lists of free mail (npm email-providers 2.26.0 and
free-email-domains 1.12.6) name, and that people of each country use by our knowledge of them. A domain one slip away
from a large provider is only called a slip when it is on none of those lists: precision comes first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Large providers of free or access mail, by the country whose people use them; "" = everywhere.
PROVIDERS: dict[str, str] = {
    "": """gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com
        rocketmail.com aol.com icloud.com me.com mac.com proton.me protonmail.com pm.me gmx.com gmx.net mail.com
        zoho.com fastmail.com hushmail.com tutanota.com tuta.io yandex.com inbox.com hey.com mailbox.org
        posteo.net""",
    "US": """comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net aim.com
        optonline.net juno.com netzero.net frontier.com windstream.net roadrunner.com mindspring.com""",
    "CA": "yahoo.ca hotmail.ca live.ca sympatico.ca rogers.com shaw.ca telus.net videotron.ca bell.net outlook.ca",
    "GB": """yahoo.co.uk hotmail.co.uk live.co.uk btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com
        blueyonder.co.uk tiscali.co.uk aol.co.uk btopenworld.com outlook.co.uk icloud.co.uk""",
    "IE": "eircom.net yahoo.ie hotmail.ie live.ie outlook.ie",
    "AU": """bigpond.com optusnet.com.au yahoo.com.au hotmail.com.au outlook.com.au iinet.net.au tpg.com.au
        live.com.au""",
    "NZ": "xtra.co.nz yahoo.co.nz slingshot.co.nz hotmail.co.nz",
    "DE": """web.de gmx.de t-online.de freenet.de arcor.de yahoo.de hotmail.de outlook.de live.de posteo.de
        googlemail.de kabelmail.de vodafone.de mail.de aol.de o2online.de online.de""",
    "AT": "gmx.at aon.at chello.at hotmail.at outlook.at yahoo.at live.at a1.net",
    "CH": "bluewin.ch gmx.ch hispeed.ch sunrise.ch yahoo.ch hotmail.ch outlook.ch",
    "FR": """orange.fr wanadoo.fr free.fr sfr.fr laposte.net yahoo.fr hotmail.fr live.fr outlook.fr neuf.fr bbox.fr
        aol.fr club-internet.fr numericable.fr aliceadsl.fr icloud.fr""",
    "BE": "skynet.be telenet.be proximus.be hotmail.be outlook.be live.be yahoo.be voo.be scarlet.be",
    "NL": """ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl upcmail.nl hotmail.nl live.nl outlook.nl
        chello.nl""",
    "LU": "pt.lu vo.lu",
    "IT": """libero.it virgilio.it tiscali.it alice.it tin.it hotmail.it yahoo.it live.it outlook.it fastwebnet.it
        inwind.it iol.it poste.it email.it tim.it vodafone.it pec.it aruba.it""",
    "ES": "hotmail.es yahoo.es outlook.es live.es telefonica.net terra.es ono.com movistar.es",
    "PT": "sapo.pt hotmail.pt outlook.pt live.com.pt clix.pt iol.pt netcabo.pt",
    "GR": "otenet.gr yahoo.gr hotmail.gr outlook.com.gr forthnet.gr in.gr windowslive.com freemail.gr hol.gr mail.gr",
    "CY": "cytanet.com.cy primehome.com",
    "TR": "mynet.com hotmail.com.tr yahoo.com.tr outlook.com.tr windowslive.com superonline.com ttmail.com",
    "NO": """online.no hotmail.no live.no yahoo.no outlook.no broadpark.no getmail.no lyse.net altibox.no
        start.no c2i.net""",
    "SE": "telia.com hotmail.se live.se yahoo.se outlook.se comhem.se bredband.net spray.se bahnhof.se tele2.se",
    "DK": "hotmail.dk live.dk yahoo.dk outlook.dk mail.dk mail.tele.dk stofanet.dk youmail.dk jubii.dk youseepost.dk",
    "FI": """kolumbus.fi elisanet.fi hotmail.fi outlook.fi luukku.com suomi24.fi saunalahti.fi pp.inet.fi
        welho.com live.fi""",
    "IS": "simnet.is",
    "PL": """wp.pl o2.pl onet.pl interia.pl op.pl gazeta.pl poczta.onet.pl vp.pl tlen.pl buziaczek.pl poczta.fm
        onet.eu""",
    "CZ": "seznam.cz centrum.cz email.cz volny.cz atlas.cz post.cz hotmail.cz tiscali.cz",
    "SK": "azet.sk centrum.sk post.sk zoznam.sk pobox.sk",
    "HU": "freemail.hu citromail.hu t-online.hu indamail.hu vipmail.hu hotmail.hu",
    "RO": "yahoo.ro hotmail.ro k.ro home.ro",
    "BG": "abv.bg mail.bg dir.bg gbg.bg",
    "RS": "eunet.rs sbb.rs open.telekom.rs mts.rs",
    "HR": "net.hr inet.hr t-com.hr",
    "SI": "siol.net telemach.net t-2.net",
    "RU": "mail.ru yandex.ru ya.ru rambler.ru bk.ru inbox.ru list.ru internet.ru lenta.ru vk.com",
    "UA": "ukr.net i.ua meta.ua bigmir.net online.ua",
    "BY": "tut.by mail.by",
    "KZ": "mail.kz nur.kz",
    "EE": "hot.ee mail.ee online.ee",
    "LV": "inbox.lv apollo.lv",
    "LT": "inbox.lt delfi.lt takas.lt",
    "IL": "walla.co.il walla.com bezeqint.net netvision.net.il 012.net.il",
    "AE": "emirates.net.ae eim.ae hotmail.ae",
    "SA": "hotmail.sa outlook.sa",
    "EG": "tedata.net.eg link.net",
    "IN": "rediffmail.com yahoo.co.in yahoo.in hotmail.co.in outlook.in live.in zoho.in",
    "ZA": "webmail.co.za mweb.co.za telkomsa.net vodamail.co.za yahoo.co.za",
    "BR": """uol.com.br bol.com.br terra.com.br ig.com.br globo.com yahoo.com.br hotmail.com.br outlook.com.br
        r7.com oi.com.br""",
    "AR": "yahoo.com.ar hotmail.com.ar live.com.ar fibertel.com.ar speedy.com.ar arnet.com.ar outlook.com.ar",
    "MX": "prodigy.net.mx yahoo.com.mx live.com.mx hotmail.com.mx outlook.com.mx",
    "CL": "yahoo.cl vtr.net live.cl outlook.cl hotmail.cl",
    "CO": "yahoo.com.co hotmail.com.co une.net.co",
    "CN": "qq.com 163.com 126.com sina.com sina.cn sohu.com foxmail.com yeah.net 139.com aliyun.com 21cn.com tom.com",
    "TW": "yahoo.com.tw hinet.net seed.net.tw pchome.com.tw",
    "HK": "yahoo.com.hk netvigator.com",
    "JP": """yahoo.co.jp docomo.ne.jp ezweb.ne.jp softbank.ne.jp nifty.com biglobe.ne.jp au.com ocn.ne.jp
        i.softbank.jp""",
    "KR": "naver.com daum.net hanmail.net nate.com kakao.com",
    "VN": "yahoo.com.vn vnn.vn fpt.vn",
    "SG": "singnet.com.sg yahoo.com.sg starhub.net.sg",
    "MY": "yahoo.com.my tm.net.my",
    "ID": "yahoo.co.id telkom.net ymail.co.id",
    "PH": "yahoo.com.ph",
    "TH": "yahoo.co.th hotmail.co.th sanook.com",
}
LARGE = frozenset(domain for domains in PROVIDERS.values() for domain in domains.split())

#: Domains that pass mail on to a mailbox that lasts, so that its holder need not show it. Not disposable: its
#: holder reads it. From the providers' own help pages and the list of npm disposable-email-detector, November 2026.
RELAYS = _words(
    """privaterelay.appleid.com mozmail.com relay.firefox.com duck.com simplelogin.com simplelogin.co simplelogin.fr
    simplelogin.io aleeas.com slmail.me slmails.com sl.email silomails.com 8alias.com 8shield.net dralias.com
    passmail.com passmail.net passinbox.com passfwd.com addy.io anonaddy.com anonaddy.me mailshield.app
    emailalias.io opayq.com"""
)

#: Kept for examples and tests by RFC 2606 and RFC 6761: they belong to nobody, and no mail arrives.
EXAMPLE_DOMAINS = frozenset({"example.com", "example.net", "example.org", "example.edu"})
EXAMPLE_TLDS = frozenset({"example", "test", "invalid", "localhost"})

#: Slips that are domains of somebody who waits for them, or stand on public lists of free mail: taken for slips
#: although they exist.
KNOWN_SLIPS: dict[str, str] = {
    "gmal.com": "gmail.com",
    "gmial.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmil.com": "gmail.com",
    "gmaill.com": "gmail.com",
    "gmali.com": "gmail.com",
    "gnail.com": "gmail.com",
    "gmsil.com": "gmail.com",
    "gmaul.com": "gmail.com",
    "gmaik.com": "gmail.com",
    "gmail.co": "gmail.com",
    "gmail.cm": "gmail.com",
    "gmail.om": "gmail.com",
    "gmail.com.com": "gmail.com",
    "googlemail.co": "googlemail.com",
    "hotmal.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "hotmial.com": "hotmail.com",
    "hotmil.com": "hotmail.com",
    "hotamil.com": "hotmail.com",
    "hotnail.com": "hotmail.com",
    "hotmaill.com": "hotmail.com",
    "hotmail.co": "hotmail.com",
    "hotmail.cm": "hotmail.com",
    "hotmail.om": "hotmail.com",
    "outlok.com": "outlook.com",
    "outloo.com": "outlook.com",
    "outlook.co": "outlook.com",
    "outlook.cm": "outlook.com",
    "outlook.om": "outlook.com",
    "yaho.com": "yahoo.com",
    "yahooo.com": "yahoo.com",
    "yhaoo.com": "yahoo.com",
    "yahoo.co": "yahoo.com",
    "yahoo.cm": "yahoo.com",
    "yahoo.om": "yahoo.com",
    "iclod.com": "icloud.com",
    "icoud.com": "icloud.com",
    "iclould.com": "icloud.com",
    "icloud.co": "icloud.com",
    "icloud.cm": "icloud.com",
    "icloud.om": "icloud.com",
    "homail.com": "hotmail.com",
    "onlne.no": "online.no",
    "onine.no": "online.no",
    "outiook.com": "outlook.com",
    "outloook.com": "outlook.com",
    "yahhoo.com": "yahoo.com",
    "yaoo.com": "yahoo.com",
    "yhoo.com": "yahoo.com",
    "btintenet.com": "btinternet.com",
    "comast.net": "comcast.net",
    "netsero.net": "netzero.net",
    "rdiffmail.com": "rediffmail.com",
    "sbcglbal.net": "sbcglobal.net",
}

#: One slip from a provider, and mail providers, services or firms in their own right: never corrected. Found by
#: trying all slips below against the lists named above, the exceptions of disposable lists, and much visited sites.
IN_THEIR_OWN_RIGHT = _words(
    """email.com mail.com ymail.com hmail.com fmail.com vmail.com tmail.com bmail.com gtmail.com gail.com gmall.com
    gmx.com hotmall.com rotmail.com gotmail.com hitmail.com notmail.com hotmai.net botmail.com jotmail.com cloud.com
    icloud.net comcast.com coxmail.com earthling.net inet.net.au yaboo.com yayoo.com yajoo.de laposhe.net liberto.it
    relia.com kahoo.com uahoo.com outlooks.com outlook.net hanmail.com yandex.net verison.com horizon.net"""
)

#: Names that mean nothing but the provider: one letter lost or mistyped is a slip. Others are words of a language
#: (planet.nl, orange.fr, rogers.com, libero.it), and one letter less is another word: of those only letters swapped
#: or doubled are taken for slips.
_BRANDS = _words(
    """gmail googlemail hotmail outlook yahoo icloud protonmail rocketmail windowslive wanadoo laposte virgilio
    t-online tiscali btinternet virginmedia talktalk blueyonder sbcglobal bellsouth comcast verizon optonline
    optusnet bigpond rediffmail bluewin seznam yandex otenet cytanet interia hanmail foxmail fastmail kpnmail
    telefonica sympatico videotron earthlink eircom freemail citromail fastwebnet ntlworld netvigator singnet
    forthnet saunalahti"""
)

# No such top-level domains exist: what is written so was meant otherwise.
_NO_TLDS = {
    "com": "con cmo ocm comm coml comn c0m coom ccom cpm vom xom dom cim cmm cob cok clm fom",
    "net": "nte ent nett met ner ney nrt neet",
    "org": "ogr rog orgg prg",
    "de": "dee ded",
    "fr": "ffr frr",
    "ru": "rru ruu",
    "no": "noo nno",
    "gr": "grr ggr",
    "co.uk": "couk co.ukk co.u",
}
_TLD_SLIPS = {slip: right for right, slips in _NO_TLDS.items() for slip in slips.split()}

_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHORTEST_CHANGED = 5
_SHORTEST_FREELY_CHANGED = 7
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def is_large(domain: str) -> bool:
    """Whether `domain` (ASCII, lower case) is one of a large provider of mail for everybody."""
    return domain in LARGE


def is_relay(domain: str) -> bool:
    """Whether mail to `domain` is passed on to a mailbox that lasts. Subdomains belong to one holder each."""
    return domain in RELAYS or domain.partition(".")[2] in RELAYS


def is_example(domain: str) -> bool:
    """Whether `domain` is one that is kept for examples and tests."""
    rest, _, last = domain.rpartition(".")
    return domain in EXAMPLE_DOMAINS or last in EXAMPLE_TLDS or f"{rest.rpartition('.')[2]}.{last}" in EXAMPLE_DOMAINS


@lru_cache(maxsize=8_192)
def domain_meant(domain: str) -> str | None:
    """The domain that `domain` (ASCII, lower case) is one slip of the fingers away from; None: it may be meant."""
    if domain in LARGE or domain in IN_THEIR_OWN_RIGHT:
        return None
    known = KNOWN_SLIPS.get(domain) or _slips().get(domain)
    if known is not None:
        return known
    for slip, right in _of_tld(domain):
        meant = f"{slip}.{right}"
        return KNOWN_SLIPS.get(meant) or _slips().get(meant) or meant
    return _without_more(domain)


def _of_tld(domain: str) -> Iterator[tuple[str, str]]:
    """(what stands before, the top-level domain that was meant) when there is no such top-level domain."""
    name, _, last = domain.rpartition(".")
    if name and last in _TLD_SLIPS:
        yield name, _TLD_SLIPS[last]
    before, _, second = name.rpartition(".")
    if before and f"{second}.{last}" in _TLD_SLIPS:
        yield before, _TLD_SLIPS[f"{second}.{last}"]


def _without_more(domain: str) -> str | None:
    """A large provider with www. before it or another .com behind it."""
    rest = domain.removeprefix("www.").removesuffix(".com")
    return next((each for each in (rest, f"{rest}.com") if each != domain and each in LARGE), None)


def is_of_odd_end(domain: str) -> bool:
    """Whether something is said of `domain` by what it ends with, or by www. before it, whatever stands between."""
    last = domain.rpartition(".")[2]
    return last in _TLD_SLIPS or last in EXAMPLE_TLDS or domain.startswith("www.")


def named_domains() -> frozenset[str]:
    """All domains of which anything is said here by their whole name."""
    doubled = (each.removesuffix(".com") for each in LARGE)
    return frozenset((*LARGE, *RELAYS, *EXAMPLE_DOMAINS, *KNOWN_SLIPS, *_slips(), *doubled))


@lru_cache(maxsize=1)
def _slips() -> dict[str, str]:
    """Each domain that is one slip away from exactly one large provider, and whose it is."""
    found: dict[str, str] = {}
    claims: Counter[str] = Counter()
    for domain in sorted(LARGE):
        name, _, rest = domain.partition(".")
        for slip in {*_name_slips(name)} - {name}:
            claims[f"{slip}.{rest}"] += 1
            found[f"{slip}.{rest}"] = domain
    return {
        slip: domain
        for slip, domain in found.items()
        if claims[slip] == 1 and slip not in LARGE and slip not in IN_THEIR_OWN_RIGHT
    }


def _name_slips(name: str) -> Iterator[str]:
    """One letter doubled or swapped; of a brand also one lost, added or mistyped. Of a name below five letters
    nothing: every change of it is somebody's domain."""
    if len(name) < _SHORTEST_CHANGED:
        return
    for at, given in enumerate(name):
        left, right = name[:at], name[at + 1 :]
        yield left + given + given + right
        if right and given != right[0]:
            yield left + right[0] + given + right[1:]
    if name in _BRANDS:
        yield from _brand_slips(name)


def _brand_slips(name: str) -> Iterator[str]:
    near = _neighbours()
    freely = len(name) >= _SHORTEST_FREELY_CHANGED
    for at, given in enumerate(name):
        left, right = name[:at], name[at + 1 :]
        beside = near.get(given, "")
        if at or freely:
            yield left + right
        for other in _LETTERS if freely and at else beside:
            yield left + other + right
        for other in beside:
            yield left + given + other + right
            if at:
                yield left + other + given + right


@lru_cache(maxsize=1)
def _neighbours() -> dict[str, str]:
    """The keys beside and below each letter's key."""
    found: dict[str, set[str]] = {letter: set() for letter in _LETTERS}
    for row, keys in enumerate(_KEYS):
        for at, key in enumerate(keys):
            beside = [keys[at - 1] if at else "", keys[at + 1] if at + 1 < len(keys) else ""]
            below = _KEYS[row + 1][max(at - 1, 0) : at + 1] if row + 1 < len(_KEYS) else ""
            for other in (*beside, *below):
                if other:
                    found[key].add(other)
                    found[other].add(key)
    return {letter: "".join(sorted(others)) for letter, others in found.items()}


#: Mailboxes of a function rather than of a person, in the languages of our users and their neighbours.
ROLES = _words(
    """info information informacion informazioni informacje contact contacto contatto kontakt kontakte contato
    contactus office buero biuro kancelaria sekretariat secretariat secretary reception sales salg verkauf ventes
    ventas vendite vendas myynti forsaljning sprzedaz prodaja prodej marketing support help helpdesk hjelp hilfe
    aide ayuda soporte service kundenservice kundeservice kundtjanst asiakaspalvelu servizioclienti serviceclient
    customerservice care customercare admin administrator administration root hostmaster webmaster postmaster abuse
    noc security noreply no-reply donotreply do-not-reply mailer-daemon billing invoice invoices faktura rechnung
    facturation facturacion accounts accounting buchhaltung regnskap comptabilite contabilidad contabilita
    logistirio jobs job career careers karriere bewerbung hr recruiting rekrutacja recrutement empleo stilling press
    presse prensa media newsroom pr legal privacy gdpr dpo datenschutz personvern compliance team hello hallo hei
    hej hola bonjour ciao mail email post postmottak firmapost resepsjon bestilling bestellung orders order bookings
    booking reservations reservation reservas prenotazioni enquiries enquiry inquiries inquiry anfrage foresporsel
    feedback newsletter news events shop store web website tech it ict edv itsupport direction direktion ledelse
    management ceo board purchasing einkauf innkjop procurement compras acquisti achats logistics export import
    plirofories epikoinonia polisi sekreter bilgi satis destek iletisim zakaz zakazy otdelprodazh prodazhi
    buhgalteria kadry priemnaya"""
)
