"""In which language a question is written, by its script and by common words; no model is asked.

Questions are understood in English only. One in another language is refused by name, which helps more than a list of words
that were not understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# First word of a letter's Unicode name -> the language most often written so; where several are, letters of one alone decide.
SCRIPTS = {
    "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean", "CJK": "Chinese", "CYRILLIC": "Russian",
    "ARABIC": "Arabic", "HEBREW": "Hebrew", "DEVANAGARI": "Hindi", "BENGALI": "Bengali", "THAI": "Thai", "GREEK": "Greek",
    "GEORGIAN": "Georgian", "ARMENIAN": "Armenian", "TAMIL": "Tamil", "TELUGU": "Telugu", "KANNADA": "Kannada",
    "MALAYALAM": "Malayalam", "GUJARATI": "Gujarati", "GURMUKHI": "Punjabi", "SINHALA": "Sinhala", "KHMER": "Khmer",
    "LAO": "Lao", "MYANMAR": "Burmese", "TIBETAN": "Tibetan", "ETHIOPIC": "Amharic",
}  # fmt: skip
LETTERS = (("Ukrainian", "іїєґ"), ("Urdu", "ٹڈڑے"), ("Persian", "پچژگ"), ("Serbian", "ђћџљњ"),
           ("Vietnamese", "ơưđạảấầậẹểễệịọốồộớờợụứừự"),
           ("Polish", "łąęśźż"), ("Czech", "řěů"), ("Hungarian", "őű"), ("Romanian", "țș"), ("Turkish", "ğış"))  # fmt: skip
WORDS = {
    "German": """wie viele wo was welche welcher welches wurde wurden sind ist gibt es die der das den und oder neue neuen neues
        gebäude häuser haus straßen strassen straße gebaut abgerissen verschwunden hat haben sich geändert verändert bild
        beschreibe beschreiben im auf nicht ein eine zwischen""",
    "French": """combien de où ou quels quelles quel quelle sont est ont été construits construites construit il y a les des le la
        du dans et nouveaux nouvelles nouveau bâtiments batiments maisons routes disparu apparu changé décrivez décris image
        une un sur entre qu est-ce que""",
    "Spanish": """cuántos cuantos cuántas cuantas dónde donde qué cuál cuáles hay ha han sido son está están se construyeron
        construidos los las el la de del en y nuevos nuevas nuevo edificios casas carreteras calles cambiado cambios desaparecido
        describe imagen una un entre""",
    "Portuguese": """quantos quantas onde que qual quais há foram são está estão os as o de do da no na em e novos novas
        edifícios edificios prédios casas estradas ruas construídos construidos mudou mudaram desapareceu descreva
        imagem uma um entre""",
    "Italian": """quanti quante dove che cosa quale quali c'è ci sono sono stati state è stato gli i le il lo di del della nel
        nella e nuovi nuove nuovo edifici case strade costruiti costruite cambiato scomparsi descrivi immagine una un tra""",
    "Dutch": """hoeveel waar wat welke zijn is er het de een en of nieuwe gebouwen huizen wegen gebouwd gesloopt verdwenen
        veranderd beschrijf afbeelding op in niet tussen werden""",
    "Swedish": """hur många var vad vilka vilken har är finns det den de och eller nya byggnader hus vägar byggts rivits
        försvunnit förändrats beskriv bilden i på inte ett en mellan""",
    "Danish": """hvor mange hvad hvilke hvilken har er der det den de og eller nye bygninger huse veje bygget revet forsvundet
        ændret beskriv billedet i på ikke et en mellem""",
    "Norwegian": """hvor mange hva hvilke hvilken har er det den de og eller nye bygninger hus veier bygget revet forsvunnet
        endret beskriv bildet i på ikke et en mellom""",
    "Finnish": """kuinka monta missä mitä mikä mitkä on ovat onko ja tai uutta uusia uudet rakennusta rakennukset taloa teitä
        rakennettu purettu kadonnut muuttunut kuvaile kuva kuvassa""",
    "Polish": """ile gdzie co jakie jakich jest są czy i lub nowych nowe budynków budynki domów domy dróg drogi zbudowano powstało
        zniknęło zmieniło opisz obraz na w nie między""",
    "Czech": """kolik kde co jaké je jsou byly bylo a nebo nových nové budov budovy domů domy silnic silnice postaveno zmizelo
        změnilo popiš obrázek na v ne mezi""",
    "Hungarian": """hány hol mi mit melyik van vannak és vagy új épület épületek ház házak út utak épült eltűnt változott írd le
        kép képen nem egy az""",
    "Romanian": """câte cate câți unde ce care este sunt au fost și sau noi clădiri cladiri case drumuri construite dispărut
        schimbat descrie imaginea în nu o un între""",
    "Turkish": """kaç nerede ne hangi var mı mi ve veya yeni bina binalar ev evler yol yollar yapıldı inşa edildi yıkıldı
        kayboldu değişti açıkla görüntü bir""",
    "Vietnamese": """có bao nhiêu ở đâu gì nào là và hoặc mới tòa nhà ngôi con đường được xây dựng biến mất thay đổi mô tả
        hình ảnh không một""",
    "Indonesian": """berapa di mana dimana apa yang mana ada adalah dan atau baru bangunan gedung rumah jalan dibangun hilang
        berubah jelaskan gambar tidak sebuah""",
    "Swahili": """ngapi wapi nini gani kuna ni na au mpya majengo nyumba barabara yamejengwa imebadilika elezea picha""",
}  # fmt: skip
ENGLISH = """the of and or in on at to is are was were how many much what where which who why when there any has have had did do
    does been be a an new building buildings house houses road roads changed change changes image images built"""
_ENGLISH = frozenset(ENGLISH.split())
_WORDS = {language: frozenset(words.split()) for language, words in WORDS.items()}


def foreign_language(text: str) -> str | None:
    """Names the language of a text that is not English.

    Args:
        text: A question as typed.

    Returns:
        The language's English name, or None where the text is English or nothing speaks for another language.
    """
    text = unicodedata.normalize("NFC", text).lower()
    letters = Counter(map(_script, filter(str.isalpha, text)))
    latin = letters.pop("LATIN", 0)
    if letters and 2 * sum(letters.values()) > latin:
        return _by_script(text, letters)
    words = set(re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text))
    english = sum(word in _ENGLISH for word in words)
    scores = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    for language, own in LETTERS:
        scores[language] = scores.get(language, 0) + 2 * any(letter in own for letter in text)
    best = max(scores, key=lambda language: scores[language])
    return best if scores[best] >= 2 and scores[best] > english else None


def _by_script(text: str, letters: Counter[str]) -> str | None:
    for language, own in LETTERS[:4]:
        if any(letter in own for letter in text):
            return language
    if letters["HIRAGANA"] or letters["KATAKANA"]:
        return "Japanese"  # written with Chinese characters too
    return next((SCRIPTS[script] for script, _ in letters.most_common() if script in SCRIPTS), None)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
