/**
 * Numbers that JSON cannot hold, as the texts `Infinity`, `-Infinity` and `NaN`: a perfect match has an infinite PSNR.
 *
 * A text cell may therefore not read so itself.
 */

const texts: ReadonlyMap<unknown, number> = new Map([
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["NaN", Number.NaN]
])

/**
 * The cell in a form that JSON has. Of two zeros, only the positive one is kept.
 *
 * @throws TypeError for a text that would be read back as a number
 */
export const cellToJson = <C>(cell: C): C | string => {
  if (typeof cell === "number" && !Number.isFinite(cell)) return String(cell)
  if (texts.has(cell)) {
    throw new TypeError(`the text "${String(cell)}" would be read back as a number`)
  }
  return cell
}

export const cellFromJson = <C>(cell: C): C | number => texts.get(cell) ?? cell

/** Both, for each member of a row; the order of the columns is kept. */
export const mapCells = <A, B>(
  row: { readonly [column: string]: A },
  map: (cell: A) => B
): { readonly [column: string]: B } =>
  Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, map(cell)]))
