"""Names under which clients of other platforms ask for translation.

Each stands for our default model; the answer says which that is. Source: the service ids that the
Bhashini API publishes for the task translation.
"""

from typing import Final

ALIASES: Final = (
    "ai4bharat/indictrans-fairseq-all-gpu--t4",
    "ai4bharat/indictrans-v2-all-gpu--t4",
    "bhashini/iiith/nmt-all",
)
