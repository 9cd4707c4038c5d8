"""Makes ROS's message generators quick: `./lupex` puts this folder on their PYTHONPATH.

Each of the generators reads every .idl file anew with an Earley parser and its templates anew for
every message, and works on one core. Here what was read is kept (of the .idl files in $LUPEX_IDL),
and the files are shared out between the cores. What they write is the same, byte by byte. In any
other program this does nothing.
"""

import os
import sys


def arguments_file():
    """The path behind --generator-arguments-file when this process is a generator of rosidl."""
    words = getattr(sys, "orig_argv", [])
    name = os.path.basename(words[1]) if len(words) > 3 else ""
    flag = "--generator-arguments-file"
    if not name.startswith("rosidl_") or flag not in words[:-1]:
        return None
    return words[words.index(flag) + 1]


def in_shares(items, work):
    """`work(share)` for equal shares of `items`, one in this process, the others in forked ones."""
    count = max(1, min(os.cpu_count() or 1, len(items)))
    children = []
    for share in range(1, count):
        child = os.fork()
        if not child:
            code = 1
            try:
                work(items[share::count])
                code = 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        children.append(child)
    work(items[::count])
    if any([os.waitpid(child, 0)[1] for child in children]):
        raise RuntimeError("a generator's other process failed, see above")


def keep_what_is_read(parser, folder, tuples):
    """Let `parser.parse_idl_string` look in `folder` first; read all files of `tuples` into it."""
    import hashlib
    import pickle

    read = parser.parse_idl_string

    def place(text):
        return os.path.join(folder, hashlib.sha256(text.encode()).hexdigest())

    def parse_idl_string(text, png_file=None):
        path = place(text)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return pickle.load(file)
        content = read(text, png_file)
        with open(f"{path}.{os.getpid()}", "wb") as made:
            pickle.dump(content, made)
        os.rename(made.name, path)
        return content

    parser.parse_idl_string = parse_idl_string
    texts = []
    for base, name in (t.rsplit(":", 1) for t in tuples):
        with open(os.path.join(base, name), encoding="utf-8") as file:
            texts.append(file.read())
    missing = [text for text in texts if not os.path.isfile(place(text))]
    if missing:
        in_shares(missing, lambda share: [parse_idl_string(text) for text in share] and None)


def keep_templates(em):
    """Let empy 3 scan the text of a template once, and compile each piece of code in it once."""
    import builtins

    scanned, compiled, safe = {}, {}, em.Interpreter.safe

    def tokens_of(scanner):
        """All tokens; a missing end of line is added where they need one, as `safe` does."""
        tokens, patched = [], False
        while True:
            try:
                token = scanner.one()
            except em.TransientParseError:
                rest = scanner.rest()
                if patched or not rest or rest[-1] == "\n":
                    raise
                scanner.feed(scanner.prefix + "\n")
                patched = True
                continue
            if token is None:
                return tokens
            tokens.append(token)

    def quick(self, scanner, final=False, locals=None):
        if not final or scanner.pointer or self.hooksEnabled:
            return safe(self, scanner, final, locals)
        key = scanner.prefix, scanner.buffer
        if key not in scanned:
            scanned[key] = tokens_of(scanner)
        for token in scanned[key]:
            token.run(self, locals)

    def code_of(text, mode):
        if not isinstance(text, str):
            return text
        if (text, mode) not in compiled:
            compiled[text, mode] = compile(text.lstrip(" \t"), "<string>", mode)
        return compiled[text, mode]

    em.Interpreter.safe = quick
    em.eval = lambda text, *names: builtins.eval(code_of(text, "eval"), *names)
    em._exec = lambda text, *names: builtins.exec(code_of(text, "exec"), *names)


def share_out(common):
    """Let `common.generate_files` work on all cores."""
    import json

    generate = common.generate_files

    def generate_files(path, *rest, **named):
        with open(path, encoding="utf-8") as file:
            arguments = json.load(file)

        def work(share):
            part = f"{path}.{os.getpid()}"
            with open(part, "w", encoding="utf-8") as file:
                json.dump(dict(arguments, idl_tuples=share), file)
            try:
                generate(part, *rest, **named)
            finally:
                os.remove(part)

        in_shares(arguments["idl_tuples"], work)
        return []

    common.generate_files = generate_files


def main():
    path, folder = arguments_file(), os.environ.get("LUPEX_IDL")
    if not path or not folder:
        return
    try:
        import json

        import rosidl_parser.parser as parser

        with open(path, encoding="utf-8") as file:
            tuples = json.load(file)["idl_tuples"]
        os.makedirs(folder, exist_ok=True)
        keep_what_is_read(parser, folder, tuples)
        import rosidl_pycommon as common

        share_out(common)
        import em

        if em.__version__.startswith("3."):
            keep_templates(em)
    except (ImportError, AttributeError, KeyError, OSError) as error:
        print(f"{__file__}: not made quick: {error}", file=sys.stderr)


main()
