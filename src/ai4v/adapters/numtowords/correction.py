"""How far indic-numtowords 1.1.0 is right, and what it misspells. Pure data.

Found by reading the words below 100, and by spelling every number below 100 000 and, below
10 000 000, each of 99 lakhs with 360 remainders: no two may have the same words. The tests do it
again with fewer. What is more than a misspelling is left out by a limit:

- Kannada: 83 is spelt as 82, and 110, 120, 130, 150 ... 190 all as the same torn word; 1000 ends
  as if more followed.
- Manipuri: 99 is spelt as 89; 700 holds a doubled sign.
- Sindhi: in Devanagari, not in Arabic letters, and it fails where there is one hundred or one
  thousand.
- Nine digits and more fail or are spelt digit by digit, in Hindi from 10**9: nothing above
  10 000 000 is claimed of any language.
"""

from types import MappingProxyType
from typing import Final

FAR: Final = 10_000_000

LIMITS: Final = MappingProxyType(
    {
        "as": FAR,
        "bn": FAR,
        "brx": FAR,
        "doi": FAR,
        "en": FAR,
        "gu": FAR,
        "hi": FAR,
        "kn": 83,
        "kok": FAR,
        "ks": FAR,
        "mai": FAR,
        "ml": FAR,
        "mni": 99,
        "mr": FAR,
        "ne": FAR,
        "or": FAR,
        "pa": FAR,
        "sa": FAR,
        "sat": FAR,
        "sd": 10,
        "ta": FAR,
        "te": FAR,
        "ur": FAR,
    }
)
"""The number below which each language is right."""

OWN_DIGITS: Final = MappingProxyType({"sd": "ٻڙي هڪ ٻه ٽي چار پنج ڇهه ست اٺ نو"})
"""Words from 0 to 9, apart by a space, of languages whose words are not taken from the library."""

SPELLINGS: Final = MappingProxyType(
    {
        "as": (("এসত্তৰ", "একসত্তৰ"), ("পঁঞ্চল্লিশ", "পঞ্চল্লিশ")),
        "hi": (("छयासठ", "छियासठ"),),
        "kn": (("ತ್ತ್ಮೂ", "ತ್ಮೂ"), ("ತ್ತ್ನಾ", "ತ್ನಾ")),
        "ml": (("ഒന്പ", "ഒൻപ"),),
        "mni": (("ꯥꯥ", "ꯥ"), ("ꯨꯨ", "ꯨ")),
        "mr": (("हज़ार", "हजार"),),
        "ne": (("साोह्र", "सोह्र"),),
        "pa": (("ਉਨਾਹਟ", "ਉਨਾਹਠ"), ("ਤਹੇਹਰ", "ਤਿਹੱਤਰ"), ("ਪਚਹੱਤ", "ਪਚਹੱਤਰ")),
        "sat": (("ᱤᱨᱟᱹᱨ", "ᱤᱨᱟᱹᱞ"),),
        "ta": (
            ("\u200c", ""),
            ("ஓன்", "ஒன்"),
            ("தொண்ணூரெட்", "தொண்ணூற்றெட்"),
            ("தொண்ணூற்றிரெண்", "தொண்ணூற்றிரண்"),
        ),
        "ur": (
            ("پاںچ", "پانچ"),
            ("تےيس", "تئیس"),
            ("چھببیس", "چھبیس"),
            ("ستااس", "ستائیس"),
            ("اٹھااس", "اٹھائیس"),
            ("انتيس", "انتیس"),
            ("اكتيس", "اکتیس"),
        ),
    }
)
"""Misspelt parts of words, each with what to write in its place."""
