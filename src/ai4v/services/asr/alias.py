"""Names under which clients of other platforms ask for speech recognition.

Each stands for our default model; the answer says which that is. Source: the service ids that the
Bhashini API publishes for the task asr.
"""

from typing import Final

ALIASES: Final = (
    "ai4bharat/conformer-en-gpu--t4",
    "ai4bharat/conformer-hi-gpu--t4",
    "ai4bharat/conformer-multilingual-dravidian-gpu--t4",
    "ai4bharat/conformer-multilingual-indo_aryan-gpu--t4",
    "ai4bharat/whisper-medium-en--gpu--t4",
    "bhashini/ai4b/indic-conformer/grpc",
    "bhashini/ai4bharat/conformer-multilingual-asr",
)
