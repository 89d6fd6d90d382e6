/** The `yaml` package's syntax errors in our words: one sentence, and what to do. */
import type { YAMLParseError } from "yaml"

export interface SyntaxMessage {
  readonly code: string
  readonly message: string
  readonly hint?: string
  /** The reader lost its place: what it says after this is no longer about the text. */
  readonly lost: boolean
  /** It comes of a quote or bracket that is not closed: the place is where that opens. */
  readonly opens?: "quote" | "bracket"
}

type Form = readonly [
  test: RegExp,
  message: Omit<SyntaxMessage, "lost"> & { readonly lost?: boolean }
]

/** The first that fits; tested against `CODE message`. */
const forms: ReadonlyArray<Form> = [
  [
    /^TAB_AS_INDENT/,
    { code: "tab", message: "a tab cannot indent YAML", hint: "indent with spaces, two a level" }
  ],
  [
    /^MISSING_CHAR Missing closing (["'])quote/,
    {
      code: "unclosed",
      message: "this quote is never closed",
      opens: "quote",
      hint: "close it on the same line",
      lost: true
    }
  ],
  [
    /^\S+ .*must end with a/,
    {
      code: "unclosed",
      message: "this bracket is never closed",
      opens: "bracket",
      hint: "end the list with `]` or the map with `}`",
      lost: true
    }
  ],
  [
    /^\S+ Flow (?:map|sequence) in block collection must be/,
    {
      code: "indentation",
      message:
        "the lines of a bracketed list or map must be indented more than the key that they belong to",
      opens: "bracket",
      hint: "check that every `[` and `{` before this line is closed",
      lost: true
    }
  ],
  [
    /^MISSING_CHAR Missing , /,
    {
      code: "missing-comma",
      message: "a comma is missing between two items",
      hint: "text that holds `{`, `}`, `[`, `]` or a comma needs quotes inside brackets",
      lost: true
    }
  ],
  [
    /^MISSING_CHAR Missing space after :/,
    { code: "syntax", message: "a space is missing after the colon" }
  ],
  [
    /^MISSING_CHAR Comments must/,
    {
      code: "syntax",
      message: "a space is missing before `#`",
      hint: "a comment starts after a space; text that holds `#` needs quotes"
    }
  ],
  [
    /^MISSING_CHAR Implicit map keys need|^MISSING_CHAR Sequence item without/,
    {
      code: "syntax",
      message: "a key needs a colon and a value",
      hint: "write `key: value`; text of several words needs no quotes, but its key does need a colon"
    }
  ],
  [
    /^BAD_INDENT All mapping items/,
    {
      code: "indentation",
      message: "this key is indented differently from the keys beside it",
      hint: "keys of one map start in the same column"
    }
  ],
  [
    /^BAD_INDENT All sequence items/,
    {
      code: "indentation",
      message: "this item is indented differently from the items beside it",
      hint: "the `-` of one list stand in the same column"
    }
  ],
  [
    /^BAD_INDENT/,
    {
      code: "indentation",
      message: "this line is indented in a way that fits nothing above it",
      lost: true
    }
  ],
  [
    /^BLOCK_IN_FLOW/,
    {
      code: "syntax",
      message: "lines of `key: value` or `- item` cannot stand inside brackets",
      opens: "bracket",
      hint: "check that every `[` and `{` before this line is closed",
      lost: true
    }
  ],
  [
    /^BLOCK_AS_IMPLICIT_KEY/,
    {
      code: "syntax",
      message: "this line has two `key:` in a row",
      hint: "put the second on its own line, indented, or put text that holds a colon into quotes"
    }
  ],
  [
    /^MULTILINE_IMPLICIT_KEY/,
    {
      code: "syntax",
      message: "this text stands where a `key:` should be",
      hint: "a line is missing its colon, or a quote or bracket before it is not closed",
      lost: true
    }
  ],
  [
    /^KEY_OVER_1024_CHARS/,
    { code: "syntax", message: "a key is longer than 1024 characters", lost: true }
  ],
  [
    /^BAD_SCALAR_START/,
    {
      code: "syntax",
      message: "plain text cannot start with this character",
      hint: "put the text into quotes"
    }
  ],
  [
    /^BAD_DQ_ESCAPE/,
    {
      code: "syntax",
      message: "this backslash starts no known escape",
      hint: "in double quotes write `\\\\` for a backslash, or use single quotes"
    }
  ],
  [
    /^BAD_ALIAS|^ALIAS_PROPS/,
    {
      code: "alias",
      message: "this is not a usable alias",
      hint: "an alias is `*name`, where `&name` stands earlier; text that starts with `*` or `&` needs quotes"
    }
  ],
  [
    /^MULTIPLE_ANCHORS|^MULTIPLE_TAGS|^BAD_PROP_ORDER/,
    {
      code: "syntax",
      message: "anchors and tags are out of place here",
      hint: "text that starts with `&` or `!` needs quotes"
    }
  ],
  [
    /^TAG_RESOLVE_FAILED|^BAD_COLLECTION_TYPE|^NON_STRING_KEY/,
    {
      code: "tag",
      message: "this tag does not fit its value",
      hint: "tags (`!name`) have no use in a pipeline; text that starts with `!` needs quotes"
    }
  ],
  [
    /^BAD_DIRECTIVE|directives-end/,
    {
      code: "syntax",
      message: "a line that starts with `%` is a YAML directive, and this is not a right one",
      hint: "remove it; text that starts with `%` needs quotes"
    }
  ],
  [/^RESOURCE_EXHAUSTION/, { code: "too-deep", message: "this is nested too deeply", lost: true }],
  [
    /Block scalar header/,
    {
      code: "syntax",
      message: "only an indentation number, `+` or `-` may follow `|` and `>`",
      hint: "start the text on the next line"
    }
  ],
  [
    /^UNEXPECTED_TOKEN Unexpected (?:scalar|flow|block|alias|anchor|tag|map|seq|double|single).* at node end/,
    {
      code: "syntax",
      message: "something follows where the value has ended",
      hint: "is a line break or a quote missing?",
      lost: true
    }
  ],
  [/^UNEXPECTED_TOKEN Unexpected ,/, { code: "syntax", message: "this comma separates nothing" }],
  [
    /^UNEXPECTED_TOKEN Unexpected empty item/,
    { code: "syntax", message: "this item is empty", hint: "remove one of the commas" }
  ],
  [
    /^UNEXPECTED_TOKEN .*(?:flow-(?:map|seq)-end|[\]}])/,
    { code: "syntax", message: "this closing bracket has no opening one", lost: true }
  ]
]

export const syntaxMessage = (error: YAMLParseError): SyntaxMessage => {
  const text = `${error.code} ${error.message}`
  for (const [test, message] of forms) if (test.test(text)) return { lost: false, ...message }
  return {
    code: "syntax",
    message: "this is not YAML",
    hint: lowerFirst(error.message),
    lost: true
  }
}

const lowerFirst = (text: string) =>
  `the YAML reader says: ${text.charAt(0).toLowerCase()}${text.slice(1)}`
