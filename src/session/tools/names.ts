/** Whether Python takes it as a name, the same in every version: an identifier, and no keyword. */
export function isPythonName(name: string): boolean {
  return isIdentifier(name) && !KEYWORDS.has(name);
}

/** What is wrong with the name of a tool, or undefined: tools are builtins, and must not take another's place there. */
export function faultOfToolName(name: string): string | undefined {
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (!isIdentifier(name)) return "is no Python identifier";
  if (KEYWORDS.has(name)) return "is a Python keyword";
  if (/^__.*__$/.test(name)) return "has two underscores at both ends, as only Python's own names do";
  if (TAKEN.has(name)) return "is taken: Python or the session has something of that name";
  return undefined;
}

/** The Python name of what a schema calls `key`: `from` is `from_`, and `max-results` is `max_results`. */
export function pythonName(key: string): string {
  const replaced = key
    .normalize("NFKC")
    .replaceAll(/\P{XIDC}/gu, "_")
    .replaceAll(DIFFERING, "_");
  const begun = /^[\p{XIDS}_]/u.test(replaced) ? replaced : `_${replaced}`;
  return KEYWORDS.has(begun) ? `${begun}_` : begun;
}

const isIdentifier = (name: string): boolean =>
  IDENTIFIER.test(name) && name.normalize("NFKC") === name && name.search(DIFFERING) < 0;

/** As the protocol bounds names. */
export const LONGEST = 100;

const IDENTIFIER = /^[\p{XIDS}_]\p{XIDC}*$/u;

/**
 * What not every Python takes: letters beyond the basic plane, which are mostly newer than the oldest that runs cells,
 * the two joiners, and the middle dot of Katakana.
 */
const DIFFERING = /[\u{10000}-\u{10ffff}]|\u200c|\u200d|\u30fb/gu;

/** Those of 3.9 to 3.14, and the one constant that cannot be assigned to. */
const KEYWORDS: ReadonlySet<string> = new Set(
  `False None True __debug__ and as assert async await break class continue def del elif else except finally for from
  global if import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/),
);

/** Libraries look these up as builtins, so that a tool of the name would be called by numpy as well. */
const TAKEN: ReadonlySet<string> = new Set(
  `ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError
  BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError
  ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception ExceptionGroup
  FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning
  IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError
  ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError OverflowError
  PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError ReferenceError
  ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError
  SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError
  UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError abs aiter all anext any ascii
  bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval
  exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter
  len list locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set
  setattr slice sorted staticmethod str sum super tuple type vars zip ToolError display`.split(/\s+/),
);
