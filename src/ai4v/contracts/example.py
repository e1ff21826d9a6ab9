"""What examples in the API's description share: they are sent as they stand, and answered.

`tests/connected/platform/test_example.py` sends every one of them.
"""

from typing import Final

from pydantic import ConfigDict, JsonValue

WORDS: Final = "three plain words"
"""A password that may be chosen."""
OTHER_WORDS: Final = "four other plain words"
VERIFIER: Final = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE: Final = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""Of that verifier; both are RFC 7636's, appendix B."""
OF_A_LETTER: Final = "a4o_of_the_letter"
OF_A_SIGN_IN: Final = "a4r_of_the_sign_in"
OF_AN_ADDRESS: Final = "a4t_of_the_address"
GOOD_MORNING: Final = (
    "/+MYxAALSkpQAUEQAPjG5///////////585/536ndDno1XnP/+hGkJ0IRSNPIEIoAAAM+CAkDBc/9ar+/bzDDIgg0Fc3"
    "XmHT/+MYxA0NUMbUAYoQAEWxEf77gBsGHcI5Zc1QUcQeudCohtpl4Pz4Pg8uF4dPMB5ikISc9IUqE+H//c4VgbgKwiDE"
    "/6mkIiRC/+MYxBIQOSbcycooAIBoEZAPDDG/nHOKoRCBQ+/+pSsJDAsA38s8JioE/0o1HnBQPGnnHfxP///+5xAv0LaU"
    "bkDDyKJQHBXZ/+MYxAwMEJ8CWDCGAr7izYBIMzM0mr/6qwUBdrOuc4sBXfyP9k9/WMf//9Z7////hpVEcP2vdOK4ARIy"
    "xPG9ab9MZZE+LgkI/+MYxBYM0V7AyJPKZBTWbt8goHBciv/UBw+LjBzuT3DgDjicn1SKBx3l1QDZNbXAAMztQi/1EQBE"
    "hREqhnzGbHIzMHTM/+Zm/+MYxB0M+RMaWAFYMtO40Th5FA9DAEwrP3sFCoqBInD/8ToS54KIArn/Oc50IP/9KmYz/9pH"
    "FAKf/7zCg79QsDIzoFhcMmfA/+MYxCQL6VrkCAJEIGEWdYDBgHkZccNdXfAQOgJNEyn3OYilJVVvfDBMAQqWHCplxloH"
    "AgOBoscbd/////+oqyqIrnqOCCUS/+MYxC8L8IbUAAFMAE376AS3vSCU45sq366wgSQ9VA1goFYKgyIkgI8RduUj////"
    "///Ku1grInSIkRBZyBsSNLa1BEKAv/rq/+MYxDoM4HLMAAiMAN1nx3jMERIbjcuJsNSu3JKNmnIgkHHoeEqSySuRoQhN"
    "1Nal/3f///////oYlty1EoQqWGzX+PE1QM3U/+MYxEENIIa88UsQALbzC76PzGPSVrT/Vix5SeqHnmmmnFtUOO55pj6u"
    "Z+3/9X3/atqMyo5n/584fj8fmDQVAwC+JxDDI08i/+MYxEcXww6cEY1QABkF+JAmiCH48Hznt5rf5EhA5Cg+IR6c6MJp"
    "CSVkVneVWdrOlXfU9OIqZU7wa87/+JfO//+Ig4DTzoNF/+MYxCMKqAINicEQAIGqjxb///ESTEFNRTMuMTAwqqqqqqqq"
    "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
)
"""A voice of ours says "Good morning": half a second of mp3, in base64."""


def shown(example: dict[str, JsonValue]) -> ConfigDict:
    """Return the `model_config` of a body with this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})
