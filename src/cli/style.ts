/** Colours and weights of terminal text; the plain style returns its argument. */

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39]
} as const

export type Style = { readonly [K in keyof typeof codes]: (text: string) => string }

const styleOf = (paint: (text: string, open: number, close: number) => string): Style =>
  Object.fromEntries(
    Object.entries(codes).map(([name, [open, close]]) => [
      name,
      (text: string) => paint(text, open, close)
    ])
  ) as Style

export const plainStyle = styleOf((text) => text)
export const colorStyle = styleOf((text, open, close) =>
  text === "" ? "" : `\u001B[${open}m${text}\u001B[${close}m`
)
