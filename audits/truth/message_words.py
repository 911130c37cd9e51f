"""Words by which messages show what they are about, in the languages of the forms that we know.

A phrase is words in a row. `word*` begins with these letters, `~` for none to three words. Phrases are compared
without case and marks, Arabic ones without the article. Lists are short on purpose: what is on them is unmistakable,
and what speaks against (`UNLESS`) is written beside it.
"""

from __future__ import annotations

from audits.model.truth import Intent


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for part in text.splitlines() for line in part.split("·") if line.strip())


#: Says what is wanted: buying, prices, appointments. English, German, Norwegian (Danish, Swedish), Greek, Arabic,
#: French, Spanish, Russian, Italian, Dutch, Portuguese, Polish, Turkish, Ukrainian.
NEED = _lines(
    """
    need · needs · needed · want · wants · wanted · would like · id like · wed like · looking for · look for ·
    searching for
    interested · interest in · quote · quotation · estimate · price · prices · pricing · cost · costs · how much ·
    order · buy · purchase · rent · hire · book · booking · appointment · available · availability · demo ·
    trial · consultation · viewing · please send · please call · call me · call back · more information ·
    more info · can you · could you · do you
    gesucht · brauche* · benotig* · mochte* · wollen · will · suche* · suchen · interessier* · interesse ·
    angebot · preis* · kosten · kostet · bestell* · kaufen · mieten · termin · beratung · konnen sie ·
    konnten sie · bitte um · haben sie · anfrage · trenger · onsker · behov · ser etter · leter etter ·
    interessert · tilbud · pris* · koster · bestille · kjope · leie · time · befaring · kan dere · kan du ·
    har dere · onskar · behover · soker · intresserad · offert · kopa · hyra
    χρειαζ* · θελω · θελουμε · θα ηθελα · ηθελα · ψαχνω · ψαχνουμε · ενδιαφερ* · προσφορα · τιμη · τιμες ·
    κοστος · ποσο · παραγγ* · αγορα · αγορασω · ενοικιασ* · ραντεβου · επισκεψη · μπορειτε · εχετε · πληροφοριες
    احتاج · نحتاج · واحتاج · ونحتاج · واريد · ونريد · ونبحث · اريد · نريد · ابحث عن · نبحث عن · مهتم* · ارغب ·
    نرغب · عرض سعر · سعر · اسعار · كم · تكلفه · طلب · شراء · استئجار · موعد · هل يمكن* · هل لديكم · هل عندكم ·
    محتاج · عايز · ابغي · بدي
    besoin · voudrais · voudrions · souhait* · cherche · cherchons · recherche · recherchons · interess* · devis ·
    prix · tarif* · coute · combien · command* · acheter · louer · rendez vous · rendezvous · pouvez vous ·
    pourriez vous · avez vous
    necesit* · quiero · queremos · quisiera* · me gustaria · nos gustaria · busco · buscamos · interesad* ·
    presupuesto · precio* · cuanto · cuesta · pedir · comprar · alquilar · cita · reservar · pueden · podrian ·
    tienen · disponib*
    нуж* · хочу · хотим · хотел* · ищу · ищем · интерес* · цена · цены · цену · стоит · стоимость · сколько ·
    заказ* · купить · аренд* · запис* · можете · можно ли · есть ли · требуется · прайс · смета · консультац*
    bisogno · vorrei · vorremmo · cerco · cerchiamo · preventivo · prezz* · quanto · ordinare · comprare ·
    appuntamento
    nodig · graag · zoek* · offerte · prijs · prijzen · kost · bestellen · kopen · huren · afspraak · kunt u
    preciso · precisamos · quero · gostaria · procuro · orcamento · preco*
    potrzebuj* · chcial* · szukam · szukamy · cena · ceny · cennik · oferta · oferte · ile kosztuje · zamowi* ·
    kupic
    istiyor* · ariyor* · lazim · fiyat* · teklif* · ne kadar · siparis · satin al* · randevu · ihtiyac*
    потріб* · шукаю · шукаємо · ціна · ціни · скільки · замов* · купити
    """
)

#: What shows that the message is not a buyer's. A phrase counts unless one of UNLESS stands in the message, too.
INTENTS: dict[Intent, tuple[str, ...]] = {
    Intent.JOB: _lines(
        """
        my cv · my resume · my curriculum vitae · send ~ my cv · attached ~ cv · attached ~ resume ·
        looking for a job · looking for work as · looking for work in · looking for work at ·
        looking for any work · looking for part time work · looking for employment · looking for an internship ·
        seeking employment · seeking a job · job application · apply for ~ position · apply for ~ job ·
        apply for ~ role · applying for ~ position · applying for ~ job · applying for ~ role · any job openings ·
        any job vacancies · any vacancies · any open positions · are you hiring · are you recruiting ·
        are you currently hiring · to work for your company · work in your company · join your team
        meine bewerbung · mein lebenslauf · meinen lebenslauf · bewerbe mich · mich ~ bewerben · suche arbeit ·
        suche eine arbeit · suche neue arbeit · suche ~ job · suche ~ stelle · suche ~ praktikum ·
        suche ~ ausbildungsplatz · suche ~ anstellung · freie stellen · offene stellen · stellen sie ein ·
        bei ihnen arbeiten
        min cv · cv en min · soker jobb · soker en jobb · soker ny jobb · soker deltidsjobb · soker ~ stilling ·
        soker sommerjobb · ledige stillinger · ledig stilling · ser etter jobb · leter etter jobb ·
        onsker a jobbe · jobbe hos dere · arbeide hos dere · jobbsoknad · har dere ledig jobb · har dere jobb til
        βιογραφικο μου · το βιογραφικο · ψαχνω δουλεια · ψαχνω για δουλεια · ψαχνω μια δουλεια · ψαχνω εργασια ·
        ψαχνω για εργασια · ζητω εργασια · αναζητω εργασια · αναζητω δουλεια · θεση εργασιας · θεσεις εργασιας ·
        κενες θεσεις · κανετε προσληψεις · να εργαστω · να δουλεψω
        سيرتي الذاتيه · ابحث عن عمل · ابحث عن وظيفه · ابحث عن شغل · وظائف شاغره · وظيفه شاغره · فرصه عمل ·
        التقديم علي وظيفه · اتقدم لوظيفه · العمل لديكم · العمل معكم · هل يوجد وظائف · محتاج شغل · اريد وظيفه
        mon cv · cv ci joint · cherche ~ emploi · cherche travail · cherche un travail · cherche du travail ·
        cherche un stage en · cherche un stage chez · recherche ~ emploi · recherche un stage en ·
        stage de fin d etudes · stage de fin detudes · recherche ~ alternance · ma candidature ·
        candidature spontanee · postuler · postule · recrutez vous · lettre de motivation · postes vacants ·
        travailler chez vous
        mi cv · mi curriculum · mi hoja de vida · busco trabajo · busco empleo · busco ~ practicas ·
        buscando trabajo · buscando empleo · vacantes ~ disponibles · alguna vacante · bolsa de trabajo ·
        ofertas de empleo · trabajar con ustedes · trabajar en su empresa · estan contratando ·
        solicitud de empleo
        мое резюме · моё резюме · ищу работу · ищу подработку · ищу вакан* · есть ли ~ вакансии · есть вакансии ·
        открытые вакансии · устроиться ~ на работу · устроиться к вам · работать у вас · хочу у вас работать ·
        откликаюсь на вакансию · пройти стажировку
        """
    ),
    Intent.SUPPLIER: _lines(
        """
        we offer you · we can offer you · i can offer you · offer you our · offer our services ·
        offering our services · offer our products · introduce our company · introduce our products ·
        introduce our services · introduce ourselves · become your supplier · be your supplier · we can supply ·
        we supply ~ at · we are a ~ manufacturer · we are a ~ supplier · we are ~ leading manufacturer ·
        we are ~ exporter* · our factory in · cooperate with your company · business cooperation ·
        partnership proposal · grow your business · help your business · help your company ·
        help businesses like yours · help companies like yours · came across your website and noticed ·
        came across your website and ~ help · noticed that your website · looked at your website and noticed ·
        improve your website · found your website and noticed · our catalog* is attached · our price list ·
        redesign your website
        bieten ihnen · bieten wir ihnen · wir bieten ~ an · unser unternehmen vorstellen ·
        unsere produkte vorstellen · unsere dienstleistung* ~ vorstellen · als ihr lieferant ·
        ihr lieferant werden · ihr partner werden · wir sind ~ hersteller · wir sind ~ lieferant ·
        unsere preisliste · ihren umsatz steigern · mehr kunden ~ gewinnen
        vi tilbyr dere · tilby dere · tilbyr vare tjenester · tilby vare tjenester · presentere vart firma ·
        presentere vare produkter · var prisliste · deres leverandor · bli leverandor · vi er ~ produsent ·
        vi er ~ leverandor · flere kunder til dere
        σας προσφερουμε · να σας προσφερουμε · προσφερουμε τις υπηρεσιες μας · να σας παρουσιασουμε ·
        παρουσιασουμε την εταιρεια · προμηθευτης σας · ειμαστε κατασκευ* · ειμαστε προμηθευτ* ·
        τον τιμοκαταλογο μας · συνεργασια με την εταιρεια σας · αυξησετε τις πωλησεις
        نقدم لكم · نعرض عليكم · نعرض لكم · خدماتنا · نحن شركه ~ متخصصه · نحن مصنع · نحن موردون · نحن مورد* ·
        مورد لكم · نود ان نعرض · تعريفكم بشركتنا · قائمه اسعارنا · التعاون مع شركتكم · كتالوج منتجاتنا ·
        زياده مبيعاتكم
        nous vous proposons · vous proposer nos · proposer nos services · vous presenter notre ·
        presenter nos produits · presenter nos services · devenir votre fournisseur · votre fournisseur ·
        nous sommes ~ fabricant · nous sommes ~ fournisseur · nous sommes ~ grossiste · notre catalogue de ·
        developper votre chiffre · proposition de partenariat
        les ofrecemos · le ofrecemos · ofrecerles · ofrecerle · ofrecer nuestros · ofrecemos nuestros ·
        presentar nuestra empresa · presentarles · ser su proveedor · somos fabricantes · somos proveedores ·
        somos distribuidores · nuestro catalogo de · propuesta de colaboracion · aumentar sus ventas
        предлагаем вам · предлагаем вашей · предлагаем сотрудничество · предложить вам · предложить наши ·
        предложить свои услуги · предлагаем свои · предлагаем услуги · наша компания предлагает ·
        наша компания занимается · мы производим · мы производител* · мы поставщик* · стать вашим поставщиком ·
        наш прайс · наш каталог · коммерческое предложение для вас · увеличить ~ продажи
        """
    ),
    Intent.STUDENT: _lines(
        """
        my thesis · my master thesis · my masters thesis · my bachelor thesis · my dissertation · for a thesis ·
        writing a thesis · writing ~ thesis · our school project · my school project · a school project ·
        university project about · student research · i am a student ~ survey · student ~ questionnaire ·
        student ~ interview · questionnaire for my · survey for my studies · my phd research · my term paper ·
        my university assignment · class assignment
        meine bachelorarbeit · meine masterarbeit · meiner bachelorarbeit · meiner masterarbeit ·
        meine diplomarbeit · meiner diplomarbeit · meine dissertation · meiner dissertation · meine facharbeit ·
        meiner facharbeit · meiner abschlussarbeit · meine abschlussarbeit · umfrage ~ studium ·
        im rahmen meines studiums · schulprojekt · meine hausarbeit · rahmen ~ bachelorarbeit ·
        rahmen ~ masterarbeit
        min masteroppgave · min bacheloroppgave · masteroppgaven min · bacheloroppgaven min · masteroppgaven ·
        bacheloroppgaven · skriver masteroppgave · skriver bacheloroppgave · skoleprosjekt · prosjektoppgave ·
        skoleoppgave · i forbindelse med studiene
        διπλωματικη μου · διπλωματικη εργασια · πτυχιακη μου · πτυχιακη εργασια · διδακτορικη διατριβη ·
        ερωτηματολογιο ~ ερευνα · σχολικη εργασια
        رساله ماجستير · رساله الماجستير · رساله دكتوراه · رساله الدكتوراه · اطروحه · مشروع تخرج · مشروع التخرج ·
        بحث جامعي · بحث تخرج · استبيان ~ دراس* · انا طالب ~ بحث · انا طالبه ~ بحث
        mon memoire · ma these · mon projet de fin · projet scolaire · projet etudiant · questionnaire ~ memoire ·
        memoire de master · memoire de fin · dans le cadre de mes etudes · cadre ~ memoire · mon rapport de stage
        mi tesis · mi trabajo de fin · trabajo de grado · trabajo fin de grado · trabajo fin de master ·
        trabajo escolar · proyecto escolar · proyecto universitario · encuesta ~ universidad · encuesta ~ tesis ·
        mi proyecto de grado
        дипломную работу · дипломной работы · дипломной работе · мой диплом · курсовую · курсовой · курсовая ·
        мою диссертацию · моей диссертации · для диссертации · школьный проект · студенческий проект ·
        опрос ~ студент* · пишу диплом
        """
    ),
    Intent.SUPPORT: _lines(
        """
        my order has not · my order hasnt · my order never · where is my order · order number · my invoice ·
        invoice number · warranty claim · want a refund · request a refund · my refund · get my money back ·
        return the product · return ~ i bought · cant log in · cannot log in · cant login · cannot login ·
        reset my password · forgot my password · my account is blocked · my account is locked ·
        my account is suspended · ticket number · support ticket · cancel my subscription · cancel my contract ·
        cancel my order · existing customer · existing client · already a customer · already a client ·
        am a customer of yours · i bought from you · we bought from you · bought ~ from you · purchased from you ·
        ordered from you · you installed · you delivered · have not received ~ order ·
        still waiting for ~ delivery · my delivery has not · my delivery is late
        meine bestellung ist · meine bestellung noch · meine bestellung wurde · wo bleibt meine bestellung ·
        bestellnummer · auftragsnummer · rechnungsnummer · meine lieferung · reklamation · garantiefall ·
        mein geld zuruck · ruckerstattung · kann mich nicht einloggen · kann mich nicht anmelden ·
        passwort vergessen · vertrag kundigen · mein abo · bin bereits kunde · bin bereits kundin ·
        bestandskunde · kundennummer · bei ihnen gekauft · bei ihnen bestellt · von ihnen ~ eingebaut ·
        ticketnummer
        bestillingen min · ordrenummer · min ordre · ordren min · fakturaen min · min faktura · fakturanummer ·
        reklamasjon · reklamere · leveransen min · pengene tilbake · far ikke logget inn · glemt passord ·
        glemt passordet · si opp abonnementet · si opp avtalen · kundenummer · er allerede kunde ·
        er kunde hos dere · kjopte ~ hos dere · kjopt ~ hos dere · bestilte ~ hos dere
        παραγγελια μου · αριθμος παραγγελιας · επιστροφη χρηματων · τα χρηματα μου πισω · εγγυηση ~ χαλασε ·
        δεν μπορω να συνδεθω · ξεχασα τον κωδικο · ακυρωσω ~ συνδρομη · ακυρωση συνδρομης · ειμαι ηδη πελατης ·
        ειμαι πελατης σας · αγορασα απο εσας · αγορασα απο σας · αριθμος πελατη
        طلبي لم · رقم الطلب · رقم طلبي · لم يصل طلبي · لم تصل طلبيتي · استرداد اموالي · استرجاع المبلغ ·
        لا استطيع تسجيل الدخول · نسيت كلمه المرور · الغاء اشتراكي · الغاء الاشتراك · انا عميل لديكم · عميل حالي ·
        اشتريت منكم · اشتريته منكم · شكوي بخصوص · الضمان ~ تعطل
        ma commande n* · ma commande est · ma commande narrive · suivi de ma commande · numero de commande ·
        numero de facture · ma livraison · demande de remboursement · etre rembourse* · me rembourser ·
        mon remboursement · faire jouer la garantie · mot de passe oublie · mon mot de passe ·
        n arrive pas a me connecter · narrive pas a me connecter · resilier mon · mon abonnement · deja client ·
        deja cliente · numero client · achete chez vous · commande chez vous · achetee chez vous · mon dossier sav
        mi pedido no · mi pedido ~ llegado · donde esta mi pedido · numero de pedido · numero de factura ·
        el reembolso de · quiero ~ reembolso · solicito ~ reembolso · devolucion del producto ·
        no puedo iniciar sesion · olvide mi contrasena · cancelar mi · darme de baja · ya soy cliente ·
        soy cliente de ustedes · compre ~ con ustedes · les compre · numero de cliente
        где мой заказ · мой заказ не · мой заказ ~ не пришел · моего заказа · номер заказа · вернуть деньги ·
        возврат денег · ремонт по гарантии · гарантийный случай · не могу войти · забыл пароль · забыла пароль ·
        отменить подписку · расторгнуть договор · я ваш клиент · уже ваш клиент · являюсь вашим клиентом ·
        купил у вас · купила у вас · заказал у вас · заказывал у вас · покупал у вас · номер договора
        """
    ),
    Intent.PROBE: _lines(
        """
        who handles · who is handling · who is responsible for · whos responsible for · who is in charge of ·
        whos in charge of · who deals with · who is your ~ manager · who is the ~ manager · who takes care of ·
        direct number · direct phone number · direct line · mobile number of ~ manager ·
        mobile number of ~ director · number of your ~ manager · number of the ~ manager ·
        email of your ~ manager · email of the ~ manager · name of your ~ manager · name of the ~ manager ·
        name of the person · contact of your ~ manager · contact details of the ~ manager ·
        contact details of the ~ director · speak with your ~ manager · how many people work ·
        how many employees do you · how many salespeople
        wer ist ~ zustandig · wer ist ~ verantwortlich · wer bearbeitet · wer kummert sich · durchwahl ·
        direkte nummer · direkte telefonnummer · name ihres ~ leiters · nummer ihres · name des ~ leiters ·
        wer leitet · wie viele mitarbeiter haben
        hvem har ansvar* · hvem er ansvarlig · hvem handterer · hvem tar seg av · hvem jobber med ~ hos dere ·
        direktenummer · direktenummeret · navnet pa ~ leder* · nummeret til ~ leder* · nummeret til ~ sjef* ·
        hvor mange ansatte har
        ποιος χειριζεται · ποιος ειναι υπευθυνος · ποιος ειναι ο υπευθυνος · ποιος ασχολειται · αμεσο τηλεφωνο ·
        απευθειας τηλεφωνο · απευθειας αριθμο* · κινητο του ~ διευθυντη · τηλεφωνο του ~ διευθυντη ·
        τηλεφωνο του ~ υπευθυνου · ονομα του ~ διευθυντη · ονομα του ~ υπευθυνου · ποσους υπαλληλους
        من المسؤول عن · من هو المسؤول · من يتولي · من يدير · رقم المدير · رقم مباشر · رقم المباشر ·
        الرقم المباشر · رقم جوال المدير · اسم المدير · رقم مدير · اسم مدير · كم عدد الموظفين
        qui s occupe · qui soccupe · qui est responsable · qui est le responsable · qui gere · qui est charge ·
        ligne directe · numero direct · nom du responsable · nom du directeur · nom de votre directeur ·
        numero du responsable · portable du ~ directeur · coordonnees du directeur · coordonnees du responsable ·
        combien d employes · combien demployes
        quien se encarga · quien maneja · quien es el responsable · quien es el encargado · quien es responsable ·
        quien lleva ~ compras · quien lleva ~ ventas · quien lleva ~ marketing · numero directo ·
        telefono directo · linea directa · nombre del responsable · nombre del gerente · nombre del director ·
        celular del gerente · contacto del gerente · telefono del gerente · telefono del director ·
        cuantos empleados
        кто занимается · кто отвечает за · кто у вас отвечает · кто у вас занимается · кто ответствен* ·
        прямой номер · прямой телефон · номер руководител* · номер директора · телефон директора ·
        телефон руководител* · мобильный директора · имя руководител* · как зовут ~ директора ·
        как зовут ~ руководител* · контакты руководител* · контакты директора · сколько у вас сотрудников
        """
    ),
}

#: What a buyer writes with the words above: he says what he needs, and for whom.
UNLESS: dict[Intent, tuple[str, ...]] = {
    Intent.JOB: _lines(
        """
        write my · rewrite my · improve my · translate my · translation of my · format my · design my · print my ·
        print ~ cv · template* · software · we need · we want · we would like · our vacancies · our job ·
        for our · hiring a · recruitment agency
        wir brauchen · wir benotigen · wir mochten · unsere ~ stellen · ubersetz* · fur unser* · vi trenger ·
        vi onsker · vare ledige · oversett* · χρειαζομαστε · μεταφρασ* · για την εταιρεια μας · نحتاج · نريد ·
        ترجمه · لشركتنا · nous avons besoin · nous recherchons · nous cherchons · traduire · traduction ·
        notre entreprise · necesitamos · queremos · buscamos · traducir · nuestra empresa · нам нуж* · мы ищем ·
        перевести · перевод · наши вакансии · нашей компании
        """
    ),
    Intent.SUPPLIER: _lines(
        """
        we need · i need · and need · and needs · needs a · need a · we are looking for · looking for · we want ·
        i want · we would like to order · would like to buy · would like to order · would like a quote · a quote ·
        quotation · your price* · your offer · interested in your · can you · could you · do you have · how much ·
        please send us your
        wir brauchen · wir benotigen · brauche · benotige · wir suchen · suchen · suche · ihr angebot ·
        angebot fur · konnen sie · was kostet
        trenger · ser etter · leter etter · deres pris* · tilbud pa · kan dere · hva koster · onsker a kjope ·
        onsker tilbud
        χρειαζομαστε · χρειαζομαι · ψαχνουμε · ψαχνω · προσφορα για · ποσο κοστιζει · μπορειτε · ενδιαφερομαστε ·
        ενδιαφερομαι
        نحتاج · ونحتاج · احتاج · واحتاج · نبحث عن · ونبحث عن · ابحث عن · نريد شراء · نرغب في شراء · عرض سعر ·
        كم سعر · اسعاركم · خدماتكم
        avons besoin · ai besoin · recherchons · cherchons · cherche · un devis · vos prix · vos tarifs ·
        pouvez vous · combien
        necesitamos · necesito · buscamos · busco · presupuesto · cotizacion · sus precios · pueden · cuanto
        нам нуж* · мне нуж* · ищем · ищу · хотим купить · хотим заказать · ваши цены · ваш прайс · сколько стоит ·
        интересует
        """
    ),
    Intent.STUDENT: _lines(
        """
        print · printing · printed · bind · binding · proofread* · editing · translate* · translation · quote ·
        price* · buy · order · rent · students housing · student housing · accommodation
        drucken · druck · binden · bindung · lektorat · korrektur* · ubersetz* · angebot · preis* · kaufen ·
        mieten
        trykke · trykking · trykk · innbinding · oversett* · tilbud · pris* · leie · kjope
        εκτυπωσ* · βιβλιοδεσια · μεταφρασ* · επιμελεια · τιμη · τιμες · προσφορα · طباعه · تجليد · ترجمه · تدقيق ·
        سعر · اسعار
        imprimer · impression · relier · reliure · traduire · traduction · relecture · devis · prix · tarif* ·
        acheter
        imprimir · impresion · encuadern* · traducir · traduccion · correccion · presupuesto · precio* · cuanto ·
        comprar
        распечата* · печать · переплет* · перевод · перевести · вычитк* · цена · цену · сколько стоит · купить ·
        заказать
        """
    ),
    Intent.SUPPORT: _lines(
        """
        quote · quotation · interested in · price · prices · neighbour* · neighbor* · angebot · preis* ·
        nachbar* · tilbud · pris* · nabo* · προσφορα · τιμη · سعر · عرض سعر · devis · prix · voisin* · precio* ·
        vecin* · цена · цену · стоимость · сосед* · before i order · before ordering · before buying ·
        before i buy · refund policy · return policy · minimum order number · place an order · want to order ·
        would like to order · like to buy · want to buy · another quote · new quote · a quote for ·
        vor der bestellung · bevor ich bestelle · mochte bestellen · mochten bestellen · angebot fur ·
        for jeg bestiller · onsker a bestille · tilbud pa · πριν παραγγειλω · θελω να παραγγειλω · προσφορα για ·
        قبل الطلب · اريد ان اطلب · اود ان اطلب · avant de commander · passer commande · souhaite commander ·
        voudrais commander · un devis · antes de comprar · hacer un pedido · quiero pedir ·
        politica de devolucion* · presupuesto · перед покупкой · хочу заказать · хочу купить · хотим заказать
        """
    ),
    # Asking who is who is no probe of somebody who says what he wants to have.
    Intent.PROBE: _lines(
        """
        quote · quotation · price · prices · pricing · cost · costs · how much · order · buy · purchase · rent ·
        book · booking · appointment · viewing · delivery · deliveries · installation · warranty · repair* ·
        interested in · project · tender · demo · need ~ for · need a new · angebot · preis* · kosten · kostet ·
        bestell* · kaufen · mieten · termin · lieferung · montage · einbau · interessier* · projekt · tilbud ·
        pris* · koster · bestill* · kjope · leie · befaring · levering · installasjon · montering · interessert ·
        prosjekt · προσφορα · τιμη · τιμες · κοστος · παραγγ* · αγορα · αγορασ* · ραντεβου · παραδοση ·
        εγκαταστ* · ενδιαφερ* · عرض سعر · سعر · اسعار · تكلفه · شراء · موعد · توصيل · تركيب · مهتم* · مشروع ·
        devis · prix · tarif* · cout · commander · acheter · louer · rendez vous · livraison · interesse* ·
        projet · presupuesto · precio* · cuesta · pedido · comprar · alquilar · cita · entrega · instalacion ·
        interesad* · proyecto · цена · цены · цену · стоимость · заказ* · купить · аренд* · доставк* · монтаж* ·
        установк* · замер* · смет* · интересует
        """
    ),
}

#: One of these and a link, or two of them, is advertising.
SPAM = _lines(
    """
    backlink* · guest post* · link building · first page of google · page one of google · rank* ~ google ·
    top of google · google ranking* · seo services · seo agency · seo package* · seo expert · website traffic ·
    increase ~ traffic · more traffic · buy followers · instagram followers · email list* · leads database ·
    web design services · domain authority · online casino* · casino bonus · free spins · no deposit bonus ·
    slot machines online · sports betting · betting tips · crypto investment* · bitcoin investment* ·
    crypto trading · invest in crypto · bitcoin profit* · double your bitcoin · forex signals · forex trading ·
    binary options · guaranteed returns · guaranteed profit* · passive income · make money online ·
    earn money online · earn ~ per day · earn ~ per week · work from home · loan offer* · instant loan* ·
    payday loan* · personal loan* · business loan* · unsecured loan* · loans at · 2 interest rate ·
    3 interest rate · cheap viagra · viagra · cialis · weight loss pills · replica watches · adult dating ·
    hot girls · sexy girls · claim your prize · you have won · inheritance fund · click here · click the link ·
    limited time offer · unsubscribe
    suchmaschinenoptimierung · erste seite bei google · seite 1 bei google · google platz 1 · kredit ohne schufa ·
    sofortkredit · kreditangebot · online geld verdienen · geld verdienen im internet · passives einkommen ·
    mehr besucher · bitcoin investieren · klicken sie hier
    forstesiden pa google · sokemotoroptimalisering · lan uten sikkerhet · billige lan · kredittlan ·
    tjen penger · nettcasino · klikk her
    πρωτη σελιδα της google · πρωτη σελιδα στη google · κατασκευη ιστοσελιδων · δανειο χωρις · προσφορα δανειου ·
    κερδιστε χρηματα · διαδικτυακο καζινο · επενδυση σε κρυπτο* · κλικ εδω
    الصفحه الاولي في جوجل · تحسين محركات البحث · روابط خلفيه · قرض فوري · عرض قرض · قروض شخصيه · ربح المال ·
    ربح من الانترنت · كازينو · استثمار ~ بيتكوين · عملات رقميه · تداول الفوركس · اضغط هنا · انقر هنا
    premiere page de google · premiere page google · referencement naturel · offre de pret ·
    pret entre particulier* · pret rapide · credit rapide · gagner de l argent · gagner de largent ·
    casino en ligne · investir dans le bitcoin · cliquez ici · revenu passif
    primera pagina de google · posicionamiento web · posicionamiento seo · prestamos rapidos ·
    oferta de prestamo · prestamo personal · ganar dinero · dinero desde casa · casino online ·
    invertir en bitcoin · ingresos pasivos · haga clic aqui · haz clic
    в топ google · в топ яндекс* · топ 10 яндекс* · продвижение сайт* · раскрутка сайт* · создание сайтов ·
    накрутка · обратные ссылки · кредит онлайн · займ* онлайн · микрозайм* · быстрый кредит · онлайн казино ·
    казино · ставки на спорт · заработок в интернете · заработать в интернете · пассивный доход ·
    инвестиции в крипто* · рассылк* по базе · база клиентов · перейдите по ссылке
    prima pagina di google · prestito veloce · prestiti personali · guadagnare online · clicca qui ·
    posizionamento ~ google
    eerste pagina van google · snelle lening · geld lenen · klik hier
    primeira pagina do google · emprestimo rapido · ganhar dinheiro · clique aqui · pozycjonowanie stron ·
    szybka pozyczka · kasyno online · kliknij tutaj · google da ilk sayfa · googleda ilk sayfa · kumar sitesi ·
    bahis sitesi · hizli kredi · tiklayin
    """
)

#: The message is for nobody: short, and hardly more than this.
TEST = _lines(
    """
    test · tests · testing · test message · this is a test · just a test · just testing · test lead ·
    test submission · ignore this test · test please ignore · testnachricht · das ist ein test ·
    dies ist ein test · nur ein test · dette er en test · bare en test · testmelding · tester skjema* ·
    det har ar ett test · c est un test · cest un test · ceci est un test · message de test · prueba ·
    esto es una prueba · mensaje de prueba · solo una prueba · тест · это тест · тестовое сообщение ·
    тестовая заявка · проверка · проверка формы · τεστ · δοκιμη · αυτο ειναι τεστ · αυτο ειναι δοκιμη ·
    δοκιμαστικο μηνυμα · اختبار · تجربه · هذا اختبار · هذه تجربه · رساله تجريبيه · رساله اختبار · prova ·
    questo e un test · messaggio di prova · dit is een test · testbericht · isto e um teste · teste ·
    to jest test · wiadomosc testowa · bu bir testtir · deneme · deneme mesaji · це тест · перевірка
    """
)

#: Abuse that is no name and no other word in any language of the lists; compared with case folded, marks kept.
PROFANITY = _lines(
    """
    fuck · fucking · fucked · fucker · fuckers · motherfucker · motherfuckers · motherfucking · fuckoff ·
    bullshit · shithead · asshole · assholes · arsehole · cunt · cunts · dickhead · wanker · wankers · fuck you ·
    fuck off · suck my dick · son of a bitch · piece of shit · eat shit
    arschloch · arschlöcher · fick dich · fickt euch · hurensohn · hurensöhne · wichser · missgeburt ·
    scheißverein · leck mich am arsch · verfickte · verpiss dich
    connard · connards · connasse · enculé · enculés · enculer · salope · salopes · pute de · fils de pute ·
    va te faire foutre · nique ta mère · ta gueule
    hijo de puta · hijos de puta · hijueputa · gilipollas · mierda · cabrones · pendejo · pendejos ·
    chinga tu madre · vete a la mierda · puta madre
    vaffanculo · stronzo · stronzi · stronza · figlio di puttana · testa di cazzo · coglione · coglioni ·
    pezzo di merda · cazzo · che cazzo
    klootzak · klootzakken · kutwijf · hoerenzoon · godverdomme · kankerlijer · teringlijer · krijg de tering ·
    rot op kankerlijer
    jævla · helvetes · faen ta deg · dra til helvete · hold kjeft · drittsekk · morraknuller · fittetryne ·
    kukhue · din fitte · rasshøl
    jävla · kuksugare · dra åt helvete · fittjävel · jävlar · håll käften · horunge
    røvhul · røvhuller · fissehoved · pikhoved · skrid ad helvede til · kraftedeme
    kurwa · kurwy · skurwysyn · skurwysyny · spierdalaj · pierdol się · jebać · jebany · chuj ci w dupę ·
    wypierdalaj · zjebany
    хуй · хуйня · хуи · нахуй · похуй · пизда · пиздец · пизды · блядь · бляди · ебать · ебаный · ёбаный ·
    ебучий · заебал · заебали · мудак · мудаки · пидор · пидорас · пидоры · долбоёб · долбоеб · уебок · уёбок ·
    сука блять · иди нахуй
    йобаний · підарас · виблядок · їбати · хуйло
    μαλάκα · μαλάκας · μαλάκες · μαλακίες · γαμώ · γαμώτο · γαμήσου · γαμιέσαι · πουτάνα · πουτάνες · καριόλη ·
    καριόλα · αρχίδια · άι γαμήσου · μουνί
    كسمك · كس امك · كس أمك · شرموطة · شرموط · ابن الشرموطة · قحبة · ابن القحبة · يا ابن الكلب · منيوك · عرص
    siktir · siktirgit · siktir git · orospu · orospu çocuğu · orospular · amına koyim · amına koyayım · amcık ·
    yarrak · gavat · götveren · sikeyim
    """
)
#: Nouns beside a quantity that count pieces, whatever the goods are.
PIECES = _lines(
    """
    pieces · pcs · units · items · stück · stuck · stk · stykker · τεμάχια · τεμ · قطعة · قطعه · قطع · pièces ·
    unités · unidades · piezas · штук · шт · pezzi · stuks · szt · adet · boxes · pallets · cartons
    """
)
#: Words that multiply the number before them.
MANY = {
    **dict.fromkeys(
        ("thousand", "k", "tusen", "tausend", "mille", "mil", "тысяч", "тысячи", "χιλιαδες", "الف", "bin"), 1_000
    ),
    **dict.fromkeys(
        ("million", "millions", "millioner", "millionen", "millones", "миллион", "миллионов", "εκατομμυρια", "مليون"),
        1_000_000,
    ),
    **dict.fromkeys(
        ("billion", "billions", "milliarder", "milliarden", "milliards", "миллиард", "миллиардов", "مليار"),
        1_000_000_000,
    ),
}
#: Numbers written as words, where somebody writes no digit.
ONE = frozenset({"a", "one", "en", "ein", "eine", "un", "une", "una", "один", "ενα", "مليون"})
