"""The Whisper model in this process: windows in, texts out. Synchronous; runs in a worker."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from ai4v.adapters.whisper.decoder import Decoder, Row
from ai4v.adapters.whisper.mel import log_mel
from ai4v.adapters.whisper.plan import LANGUAGE_CODES, Plan, make_plan
from ai4v.adapters.whisper.respell import Respeller, load_respellers
from ai4v.adapters.whisper.script import is_in_script, tidy
from ai4v.adapters.whisper.topic import Topic, find_topic
from ai4v.adapters.whisper.transcript import Piece, cut_loop, cut_timeline, drop_repeats
from ai4v.adapters.whisper.vocabulary import Vocabulary
from ai4v.adapters.whisper.window import FULL_FRAMES, batch_limit, window_frames
from ai4v.contracts.audio import SPEECH_RATE_HZ, Samples
from ai4v.contracts.capability import Task
from ai4v.ports.recognizer import Recognition, RecognizedSegment, Utterance

_QUIET_PEAK: Final = 1e-4
"""Below -80 dB of full scale nothing can be heard."""
_SHORTEST_S: Final = 0.1
_LEAST_REST_S: Final = 1.0
_SHORT_S: Final = 12.0
"""Speech up to which a glossary's few words say what it is about."""
_MOST_TURNS: Final = 6


@dataclass(slots=True)
class _Job:
    """One utterance on its way through."""

    samples: Samples
    plan: Plan | None
    utterance: Utterance
    offset_s: float = 0.0
    pieces: tuple[Piece, ...] = ()
    log_probability: float = 0.0
    rows: int = 0

    @property
    def rest(self) -> Samples:
        return self.samples[round(self.offset_s * SPEECH_RATE_HZ) :]

    @property
    def rest_s(self) -> float:
        return len(self.rest) / SPEECH_RATE_HZ


class WhisperEngine:
    """One loaded model. Not safe for use from two threads at once."""

    def __init__(
        self, model_dir: Path, *, lexicon_dir: Path | None = None, threads: int = 2
    ) -> None:
        """Load the model, quantized to 8 bit integers.

        Args:
            model_dir: holds model.bin, config.json, tokenizer.json and vocabulary.*.
            lexicon_dir: holds `<language>_common.txt`; without it Hindi is written with the
                decoder held to Devanagari, which is far worse.
            threads: of the one engine.

        Raises:
            OSError, RuntimeError, ValueError: the model is not there or not whole.
        """
        self._vocabulary = Vocabulary(model_dir)
        self._respellers: dict[str, Respeller] = load_respellers(lexicon_dir)
        self._model = ctranslate2.models.Whisper(
            str(model_dir), device="cpu", compute_type="int8", intra_threads=threads
        )
        self._decoder = Decoder(self._model, self._vocabulary)

    def recognize(self, utterances: Sequence[Utterance]) -> tuple[Recognition, ...]:
        """Recognize utterances of at most 30 s, mono 16 kHz; results in their order."""
        jobs = [self._job(utterance) for utterance in utterances]
        waiting = [job for job in jobs if _is_audible(job.samples)]
        for _ in range(_MOST_TURNS):
            by_window = defaultdict(list)
            for job in waiting:
                by_window[window_frames(job.rest_s)].append(job)
            for frames, group in by_window.items():
                step = batch_limit(frames)
                for start in range(0, len(group), step):
                    self._hear(group[start : start + step], frames)
            waiting = [job for job in waiting if job.rest_s >= _LEAST_REST_S]
        return tuple(self._recognition(job) for job in jobs)

    def _job(self, utterance: Utterance) -> _Job:
        language = utterance.language
        plan = self._plan(language, utterance) if language else None
        return _Job(utterance.audio.samples, plan, utterance)

    def _plan(self, language: str, utterance: Utterance) -> Plan:
        return make_plan(language, utterance.task, respelled=frozenset(self._respellers))

    def _hear(self, jobs: Sequence[_Job], frames: int) -> None:
        """Hear one window of each job; bad ones are tried again in a full window."""
        encoded = self._encode(jobs, frames)
        for job, language in zip(jobs, self._languages(jobs, encoded), strict=True):
            job.plan = job.plan or self._plan(language, job.utterance)
        by_plan: dict[Plan, list[int]] = defaultdict(list)
        for place, job in enumerate(jobs):
            by_plan[job.plan or self._plan("en", job.utterance)].append(place)
        for plan, places in by_plan.items():
            group = [jobs[place] for place in places]
            for job, row in zip(group, self._rows(plan, group, encoded[places]), strict=True):
                self._take(job, self._second_try(job, plan, row) if row.is_suspect else row)

    def _encode(self, jobs: Sequence[_Job], frames: int) -> NDArray[np.float32]:
        features = np.stack([log_mel(job.rest, frames) for job in jobs])
        view = ctranslate2.StorageView.from_array(features)
        return np.asarray(self._model.encode(view, to_cpu=True))

    def _languages(self, jobs: Sequence[_Job], encoded: NDArray[np.float32]) -> list[str]:
        if all(job.plan for job in jobs):
            return [""] * len(jobs)
        found = self._model.detect_language(ctranslate2.StorageView.from_array(encoded))
        return [
            next(code for code in (name.strip("<|>") for name, _ in row) if code in LANGUAGE_CODES)
            for row in found
        ]

    def _rows(self, plan: Plan, jobs: Sequence[_Job], encoded: NDArray[np.float32]) -> list[Row]:
        """Decode one window of each job; short speech is translated by what it is about."""
        if not plan.is_translation or plan.language not in self._respellers:
            return self._decoder.decode(plan, encoded)
        short = [place for place, job in enumerate(jobs) if job.rest_s <= _SHORT_S]
        found = {
            place: row
            for place, topic in zip(short, self._topics(plan, encoded[short]), strict=True)
            if topic and (row := self._translate(plan, encoded[[place]], topic))
        }
        rest = [place for place in range(len(jobs)) if place not in found]
        found.update(zip(rest, self._decoder.decode(plan, encoded[rest]), strict=True))
        return [found[place] for place in range(len(jobs))]

    def _topics(self, plan: Plan, encoded: NDArray[np.float32]) -> list[Topic | None]:
        """Return what each window is about, by its transcript."""
        writing = make_plan(plan.language, Task.TRANSCRIBE, respelled=frozenset(self._respellers))
        respeller = self._respellers[plan.language]
        texts = (
            self._vocabulary.decode(row.tokens) for row in self._decoder.decode(writing, encoded)
        )
        return [find_topic(respeller.respell(tidy(text)), plan.language) for text in texts]

    def _translate(self, plan: Plan, encoded: NDArray[np.float32], topic: Topic) -> Row | None:
        """Translate one window with its topic in mind; None when no answer is one."""
        rated = []
        for row in self._decoder.continue_from(topic.opening, plan, encoded):
            tokens = drop_repeats(
                row.tokens, ends=self._vocabulary.sentence_ends, decode=self._vocabulary.decode
            )
            text = tidy(self._vocabulary.decode(tokens))
            rated.append((topic.rate(text, row.log_probability), replace(row, tokens=tokens)))
        worth, best = max(rated, key=lambda pair: pair[0])
        return best if math.isfinite(worth) else None

    def _second_try(self, job: _Job, plan: Plan, first: Row) -> Row:
        """Hear the full window; then, if it loops after a while, say no phrase twice.

        What loops from the start was no speech: it keeps one turn.
        """
        stamp = self._vocabulary.first_stamp
        encoded = self._encode([job], FULL_FRAMES)
        (row,) = self._decoder.decode(plan, encoded)
        if row.is_cut_off or row.loop:
            if row.loop is None or row.loop.start > 0:
                (row,) = self._decoder.decode(plan, encoded, phrase=plan.phrase_tokens)
            row = replace(row, tokens=cut_loop(row.tokens, first_stamp=stamp))
        if row.is_silence:
            return replace(row, tokens=())
        is_first_sound = first.tokens and not first.is_cut_off and first.loop is None
        return first if is_first_sound and first.log_probability > row.log_probability else row

    def _take(self, job: _Job, row: Row) -> None:
        """Add what was heard and move on to where the model stopped."""
        timeline = cut_timeline(
            row.tokens, first_stamp=self._vocabulary.first_stamp, duration_s=job.rest_s
        )
        job.pieces += tuple(
            Piece(job.offset_s + piece.start_s, job.offset_s + piece.end_s, piece.tokens)
            for piece in timeline.pieces
        )
        job.log_probability += row.log_probability
        job.rows += 1
        resume_s = timeline.resume_s
        job.offset_s += job.rest_s if resume_s is None or row.is_cut_off else resume_s

    def _recognition(self, job: _Job) -> Recognition:
        plan = job.plan or self._plan("en", job.utterance)
        respeller = self._respellers[plan.language] if plan.is_respelled else None
        segments = []
        for piece in job.pieces:
            text = tidy(self._vocabulary.decode(piece.tokens))
            text = respeller.respell(text) if respeller else text
            if text:
                segments.append(RecognizedSegment(piece.start_s, piece.end_s, text))
        text = " ".join(segment.text for segment in segments)
        return Recognition(
            text=text,
            language=plan.language,
            is_script_right=is_in_script(text, plan.script),
            segments=tuple(segments),
            confidence=math.exp(job.log_probability / job.rows) if job.rows and text else 0.0,
        )


def _is_audible(samples: Samples) -> bool:
    is_long = len(samples) >= _SHORTEST_S * SPEECH_RATE_HZ
    return is_long and float(np.abs(samples).max()) > _QUIET_PEAK
