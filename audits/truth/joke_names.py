"""Names that are made up for their sound or taken from a tale: no more than a small reason, and never the only one.

_PUNS is the part of the joke names of faker-ruby (MIT, Benjamin Curtis and contributors) that nobody is likely to
bear: left out are those that it or the US census of 1990 knows as names of people, each word in its place, and those
that read as a name of some language to us. A pun that somebody may bear is no reason at all.
"""

from __future__ import annotations

from audits.truth.letters import fold

_PUNS = """
    Aaron Thetires · Abbie Birthday · Adam Bomb · Adam Meway · Adam Sapple · Agatha L. Outtathere ·
    Al B. Tross · Al B. Zienya · Al Gore Rythim · Al Kaholic · Al Kaseltzer · Al Luminum · Al O'Moaney ·
    Alec Tricity · Alf A. Romeo · Alf Abet · Amanda B. Reckonwith · Andy Gravity · Andy Structible ·
    Ann B. Dextrous · Ann Chovie · Ann Tartica · Anna Septic · Annette Curtain · Annie Buddyhome ·
    Arch N. Emmy · Art Exhibit · Artie Choke · Ayma Moron · Barry D'Alive · Ben Crobbery · Ben O'Drill ·
    Bertha D. Blues · Biff Wellington · Bill Overdew · Bo Nessround · Bob Frapples · Bob Inforapples ·
    Bowen Arrow · Brandy Bottle · Buddy System · Cal Culator · Cal Efornia · Cal Seeium · Candice B. DePlace ·
    Candice B. Fureal · Carlotta Tendant · Carrie Dababi · Chad Terbocks · Chris P. Nugget ·
    Chris P. Wheatzenraisins · Chuck Roast · Claire Voyance · Colin Allcars · Dan Druff · Dee Zaster ·
    Dennis Toffice · Denny Juan Heredatt · Diane Toluvia · Didi Reelydoit · Dinah Might · Doll R. Bill ·
    Doris Open · Douglas S. Halfempty · Dustin D. Furniture · Ed Jewcation · Eli Ondefloor · Ella Vader ·
    Eve O'Lution · Ewan Whatarmy · Father A. Long · Faye Kinnitt · Faye Tallity · Frank Enstein · Frank Furter ·
    Frank N. Sense · Freida Convict · George Washington Sleptier · Gil T. Azell · Ginger Vitis · Gladys Eeya ·
    Godiva Headache · Gus Tofwin · Hal E. Luya · Hal Jalikakick · Hammond Eggs · Haywood Jashootmee ·
    Heather N. Yonn · Helen Highwater · Helena Hanbaskett · Hilda Climb · Homan Provement · Hope Ferterbest ·
    Howe D. Pardner · Hugh Mungous · Hugh deMann · I. D. Clair · I. M. Boring · I. P. Daly · I. P. Freely ·
    I. Pullem · I. Ron Stomach · Ida Whana · Ima Lytle Teapot · Izzy Backyet · Jack Dupp · Jacques Strap ·
    Jane Linkfence · Jeanette Akenja Nearing · Jerry Atrics · Jim Nasium · Joe Czarfunee · Joy Anna DeLight ·
    Juan De Hattatime · Juan Fortharoad · Juan Morefore DeRhode · Juan Nightstand · Justin Credible ·
    Justin Thyme · Kareem O'Weet · Kenney C. Strait · Kim Payne Slogan · Len DeHande · Lina Ginster ·
    Lisa Neucar · Lou Briccant · Lou Dan Obseen · Lowden Clear · Lucy Fer · Lynn Guini · M. T. Toombe ·
    Mabel Syrup · Mandy Lifeboats · Marco DeStinkshun · Marcus Absent · Marge Innastraightline · Mark A. Roni ·
    Mark Mywords · Mark Z. Spot · May K. Fist · May O'Nays · Mel Function · Mel Practiss · Midas Well ·
    Mike Rohsopht · Milton Yermouth · Minnie Skurt · Miss Alanius · Mitch Again · Moe DeLawn · Moe Skeeto ·
    Morgan U. Canhandle · Mort Tallity · Neil B. Formy · Nick L. Andime · Nick O'Teen · Nick O'Time ·
    Nick Ovtime · Olive Yew · Otto Whackew · Park A. Studebaker · Pat Pending · Patton Down DeHatches ·
    Pepe C. Cola · Pepe Roni · Perry Mecium · Pete Zaria · Ray N. Carnation · Rhea Pollster · Ricky T. Ladder ·
    Robin DeCraydle · Robin Meeblind · Roger Overandout · Rufus Leaking · Russell Ingleaves · Rusty Fossat ·
    Ryan Carnation · Sam Dayoulpay · Sam Urai · Sarah Bellum · Sarah Doctorinthehouse · Sawyer B. Hind ·
    Scott Shawn DeRocks · Sherman Wadd Evver · Shirley Knot · Sir Fin Waves · Stu Pitt · Sue Flay ·
    Tate Urtots · Telly Vision · Tom A. Toe · Ty Tannick · Tyrone Shoes · U. O. Money · U. P. Freehly ·
    Ulee Daway · Vlad Tire · Walter Melon · Warren Piece · Wilma Leggrowbach · Winnie Bago · Winnie Dipoo ·
    Winsom Cash · Woody U. No · Zeke N. Yeshallfind
"""
_TALES = """
    Mickey Mouse · Minnie Mouse · Donald Duck · Daisy Duck · Bugs Bunny · Santa Claus · Father Christmas ·
    Darth Vader · Spider Man · Spongebob Squarepants · Homer Simpson · Bart Simpson · Lord Voldemort ·
    Onkel Dagobert · Micky Maus · Pippi Langstrumpf · Mikke Mus · Дед Мороз · Микки Маус · Дональд Дак ·
    Дарт Вейдер · Чебурашка · Μίκυ Μάους · Ντόναλντ Ντακ · Άγιος Βασίλης · ميكي ماوس · سبونج بوب · بابا نويل
"""


def joke_key(name: str) -> str:
    """A name as compared: letters alone, without case, marks and signs."""
    return " ".join("".join(letter if letter.isalnum() else " " for letter in fold(name)).split())


JOKES = frozenset(joke_key(name) for part in (_PUNS, _TALES) for name in part.replace("\n", " ").split("·"))
