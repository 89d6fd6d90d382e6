/** Text that YAML 1.1 (and so many a tool and habit) reads as another type than YAML 1.2 does. */

interface Reading {
  /** What YAML 1.1 made of it. */
  readonly was: "boolean" | "number" | "date"
  /** How to write that in YAML 1.2; absent when nothing is meant here. */
  readonly write?: string
}

const forms: ReadonlyArray<readonly [RegExp, (text: string) => Reading]> = [
  [/^(?:yes|on|y)$/i, () => ({ was: "boolean", write: "true" })],
  [/^(?:no|off|n)$/i, () => ({ was: "boolean", write: "false" })],
  [/^[-+]?0b[01_]+$/, (text) => number(Number(text.replace(/^[-+]|_/g, "")), text)],
  [/^[-+]?0x[\da-fA-F_]+$/, (text) => number(Number(text.replace(/^[-+]|_/g, "")), text)],
  [
    /^[-+]?[\d][\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?$/,
    (text) => number(Number(text.replace(/^[-+]|_/g, "")), text)
  ],
  [
    /^[-+]?[1-9]\d*(?::[0-5]?\d)+(?:\.\d*)?$/,
    (text) =>
      number(
        text
          .replace(/^[-+]/, "")
          .split(":")
          .reduce((sum, part) => sum * 60 + Number(part), 0),
        text
      )
  ],
  [/^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/, () => ({ was: "date" })]
]

const number = (magnitude: number, text: string): Reading => ({
  was: "number",
  write: String(text.startsWith("-") ? -magnitude : magnitude)
})

/** How YAML 1.1 read a plain text that YAML 1.2 leaves as text. */
export const oldReading = (text: string): Reading | undefined => {
  for (const [form, read] of forms) if (form.test(text)) return read(text)
  return undefined
}

/** A number such as `0123`: octal in YAML 1.1, decimal in YAML 1.2. */
export const hasLeadingZero = (text: string): boolean => /^[-+]?0\d/.test(text)
