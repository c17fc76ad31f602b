"""The command line: runs the command that a user typed and prints what it returns.

Standard output carries the answer alone. Progress, logs and whatever libraries print go to standard
error. Exit status: 0 done, 2 the input is at fault, 1 anything else.
"""

import argparse
import json
import os
import sys
import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from importlib import import_module
from keyword import iskeyword
from typing import Protocol, TextIO, runtime_checkable

import typer

from engine.commands.text import as_text, plain
from engine.errors import Cancelled, InputError, ShoplabError
from engine.messages import DEFAULT_LANGUAGE, LANGUAGES
from engine.models.permission import permitting
from engine.settings import child_environment

DONE, FAILED, BAD_INPUT = 0, 1, 2
# What Typer returns when the user pressed Ctrl-C.
INTERRUPTED = 130
EPILOG = (
    "Every command also takes --json (one JSON document on standard output) and "
    "--language zh|en (of messages; default SHOPLAB_LANGUAGE, else LANG, else en)."
)

# The module of `engine.commands` that has each command, in the order of the help.
COMMANDS = {
    "doctor": "state",
    "app": "opening",
    "load": "loading",
    "ready": "loading",
    "encode": "encoding",
    "tables": "loading",
    "train": "training",
    "curve": "learning",
    "sweep": "learning",
    "evaluate": "training",
    "predict": "training",
    "judge": "judging",
    "reply": "service",
    "promote": "serving",
    "rollback": "serving",
    "key": "serving",
    "serve": "serving",
    "export": "taking",
    "import": "taking",
    "report": "reporting",
    "jobs": "state",
    "runs": "state",
    "simulate": "loading",
    "host": "host",
    "course": "course",
    "bench": "bench",
}


def command_line(arguments: Sequence[str]) -> typer.Typer:
    """The command that stands first in `arguments`, or all of them for help and for mistakes.

    A command need not wait for what the others import, which takes half a second.
    """
    app = typer.Typer(name="python -m engine", add_completion=False, no_args_is_help=True)
    app.callback(epilog=EPILOG)(_about)
    for name in COMMANDS.keys() & arguments[:1] or COMMANDS:
        module = import_module(f"engine.commands.{COMMANDS[name]}")
        function = getattr(module, f"{name}_" if iskeyword(name) else name)
        app.command(name, epilog=EPILOG)(function)
    return app


def _about() -> None:
    """Shoplab: tune pretrained language models on a shop's own data."""


@runtime_checkable
class _NoSuchOption(Protocol):
    """What Typer raises for an option that a command doesn't have; Typer doesn't export its class.

    `possibilities` are the options with similar names.
    """

    option_name: str
    possibilities: Collection[str] | None


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status of the process."""
    os.environ.update(child_environment())
    with _only_answers_on_stdout() as out:
        language, as_json = _environment_language(), "--json" in arguments
        try:
            language, as_json, rest = _split(arguments, language)
            with (
                redirect_stdout(out) if "--help" in rest else nullcontext(),
                permitting(downloads=True, any_folder=True),
            ):
                answer = command_line(rest)(rest, standalone_mode=False, obj=language)
                if answer == INTERRUPTED:
                    raise Cancelled
                _print(answer, as_json, out)
            return DONE
        except (BrokenPipeError, SystemExit):
            # The reader has gone, as in `… | head` (Typer turns that into a SystemExit).
            return FAILED
        except BaseException as caught:
            if os.environ.get("SHOPLAB_DEBUG"):
                traceback.print_exc()
            error = _as_error(caught)
            _report(error, language, as_json, out)
            return BAD_INPUT if isinstance(error, InputError) else FAILED


@contextmanager
def _only_answers_on_stdout() -> Iterator[TextIO]:
    """A stream to standard output; meanwhile whatever else is printed goes to standard error."""
    sys.stdout.flush()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield out
    finally:
        # A caller in the same process prints to standard output again.
        os.dup2(out.fileno(), 1)
        with suppress(BrokenPipeError):
            out.close()


def _environment_language() -> str:
    for name in ("SHOPLAB_LANGUAGE", "LANG"):
        chosen = os.environ.get(name, "")[:2].lower()
        if chosen in LANGUAGES:
            return chosen
    return DEFAULT_LANGUAGE


def _split(arguments: Sequence[str], language: str) -> tuple[str, bool, list[str]]:
    """The options that every command takes, and the rest."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--language", choices=LANGUAGES, default=language)
    try:
        options, rest = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise InputError("cli.bad_language", known=", ".join(LANGUAGES)) from error
    return options.language, options.json, rest


def _print(answer: object, as_json: bool, out: TextIO) -> None:
    if isinstance(answer, Iterator) and as_json:
        answer = {"predictions": list(answer)}
    if isinstance(answer, Iterator):
        for item in answer:
            print(_dump(item), file=out, flush=True)
    elif isinstance(answer, Mapping):
        print(_dump(answer) if as_json else as_text(plain(answer)), file=out)
    out.flush()


def _dump(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, allow_nan=False)


def _report(error: ShoplabError, language: str, as_json: bool, out: TextIO) -> None:
    details = [problem.as_json(language) for problem in error.details]
    message = error.message(language)
    if as_json:
        document = {"error": {"code": error.code, "message": message, "details": details}}
        print(_dump(document), file=out)
        return
    print(message, *(f"  {detail['message']}" for detail in details), sep="\n", file=sys.stderr)


def _as_error(caught: BaseException) -> ShoplabError:
    match caught:
        case ShoplabError():
            return caught
        case KeyboardInterrupt():
            return Cancelled()
        case _NoSuchOption():
            return InputError("cli.no_such_option", option=caught.option_name)
        case typer.BadParameter(message="", param=parameter) if parameter is not None:
            # Only a value that is missing leaves Typer nothing to say about it.
            return InputError("cli.missing", name=parameter.opts[0])
        case typer.TyperException():
            return InputError("cli.usage", why=caught.format_message())
        case MemoryError():
            return ShoplabError("jobs.out_of_memory")
    from engine.storage.trouble import trouble_of  # what opens databases loads for errors alone

    if trouble := trouble_of(caught):
        return trouble
    return ShoplabError("cli.failed", error=f"{type(caught).__name__}: {caught}")
