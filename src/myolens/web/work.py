"""One analysis in a process of its own: `python -m myolens.web.work FILE OPTIONS`.

A file that would take the machine's memory or time down takes only this process down.
Progress goes to stdout as lines of JSON; the result is written beside the file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from myolens.errors import InputError

MEMORY_BYTES = 12 * 1024**3
RESULT, ENVELOPE = ".analysis.json", ".envelope.npy"


def main() -> None:
    """Analyse the file named, with the options given as JSON."""
    file, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    _limit_memory()
    try:
        result = analyse(file, options)
    except InputError as error:
        _say({"error": str(error).replace(file.name, options.get("name", file.name))})
        sys.exit(2)
    partial = file.with_name(file.name + RESULT + ".partial")
    partial.write_text(json.dumps(result), encoding="utf-8")
    partial.replace(file.with_name(file.name + RESULT))
    _say({"done": True})


def analyse(file: Path, options: dict[str, Any]) -> dict[str, Any]:
    """Analyse the first recording of the file that holds EMG; its envelope is written too."""
    from dataclasses import replace

    from myolens.diary.stored import to_stored
    from myolens.emg import analyze
    from myolens.readers import read
    from myolens.web.envelope import write_envelope

    recordings = read(file, kind=options.get("kind"), rate=options.get("rate"))
    refusal: InputError | None = None
    for place, stored in enumerate(recordings):
        recording = replace(stored, source=options.get("name", file.name))
        try:
            analysis = analyze(
                recording,
                muscle=options.get("muscle"),
                progress=lambda share: _say({"share": round(share, 3)}),
            )
        except InputError as error:
            refusal = refusal or error
            continue
        write_envelope(recording, file.with_name(file.name + ENVELOPE))
        return to_stored(recording, analysis, place=place)
    raise refusal or InputError("holds no recording", where=options.get("name"))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    except (ImportError, ValueError, OSError):
        return


if __name__ == "__main__":
    main()
