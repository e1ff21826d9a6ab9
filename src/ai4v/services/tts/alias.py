"""Names under which clients of other platforms ask for speech output.

Each stands for whatever voice serves the language best here; the answer says which that is.
Source: the service ids that the Bhashini API publishes for the task tts.
"""

from typing import Final

ALIASES: Final = (
    "Bhashini/IITM/TTS",
    "ai4bharat/indic-tts-coqui-dravidian-gpu--t4",
    "ai4bharat/indic-tts-coqui-indo_aryan-gpu--t4",
    "ai4bharat/indic-tts-coqui-misc-gpu--t4",
)
