"""The words around numbers, by language, in the script that the language is written in.

Where a word is not here the sign is left to the engine. Source: the everyday usage of dictionaries
and newspapers; only what is beyond doubt.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class NumberWords:
    """How a language says the signs that go with numbers; empty: not known."""

    point: str = ""
    percent: str = ""
    rupees: str = ""
    minus: str = ""


NO_WORDS: Final = NumberWords()
NUMBER_WORDS: Final = MappingProxyType(
    {
        "as": NumberWords("দশমিক", "শতাংশ", "টকা"),
        "bn": NumberWords("দশমিক", "শতাংশ", "টাকা", "মাইনাস"),
        "doi": NumberWords("दशमलव", "फीसदी"),
        "en": NumberWords("point", "percent", "rupees", "minus"),
        "gu": NumberWords("દશાંશ", "ટકા", "રૂપિયા", "માઇનસ"),
        "hi": NumberWords("दशमलव", "प्रतिशत", "रुपये", "माइनस"),
        "kn": NumberWords("ಪಾಯಿಂಟ್", "ಪ್ರತಿಶತ", "ರೂಪಾಯಿ", "ಮೈನಸ್"),
        "kok": NumberWords("", "टक्के", "रुपया"),
        "ks": NumberWords("", "فیصد"),
        "mai": NumberWords("दशमलव", "प्रतिशत", "टाका", "माइनस"),
        "ml": NumberWords("പോയിന്റ്", "ശതമാനം", "രൂപ", "മൈനസ്"),
        "mr": NumberWords("दशांश", "टक्के", "रुपये", "उणे"),
        "ne": NumberWords("दशमलव", "प्रतिशत", "रुपैयाँ", "माइनस"),
        "or": NumberWords("ଦଶମିକ", "ପ୍ରତିଶତ", "ଟଙ୍କା", "ମାଇନସ"),
        "pa": NumberWords("ਦਸ਼ਮਲਵ", "ਪ੍ਰਤੀਸ਼ਤ", "ਰੁਪਏ", "ਮਾਈਨਸ"),
        "sa": NumberWords("", "प्रतिशतम्", "रूप्यकाणि"),
        "sat": NumberWords("", "", "ᱴᱟᱠᱟ"),
        "sd": NumberWords("", "سيڪڙو", "رپيا"),
        "ta": NumberWords("புள்ளி", "சதவீதம்", "ரூபாய்", "மைனஸ்"),
        "te": NumberWords("పాయింట్", "శాతం", "రూపాయలు", "మైనస్"),
        "ur": NumberWords("اعشاریہ", "فیصد", "روپے", "منفی"),
    }
)
SCALES: Final = (
    "thousand|lakhs|lakh|lacs|lac|crores|crore|million|billion|trillion"
    "|हज़ार|हजार|लाख|करोड़|कोटी|अरब|হাজার|লাখ|লক্ষ|কোটি|હજાર|લાખ|કરોડ|ಸಾವಿರ|ಲಕ್ಷ|ಕೋಟಿ"
    "|ആയിരം|ലക്ഷം|കോടി|ହଜାର|ଲକ୍ଷ|କୋଟି|ਹਜ਼ਾਰ|ਲੱਖ|ਕਰੋੜ|ஆயிரம்|லட்சம்|கோடி|వేలు|లక్షల|లక్ష|కోట్ల|కోటి"
    "|ہزار|لاکھ|کروڑ|ارب"
)
"""Stand between an amount and its currency: five crore rupees. Alternatives of a pattern."""
