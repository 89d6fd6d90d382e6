/** The order in which people count: `9.png` before `10.png`. Whole numbers by size, all else by code units. */
export const naturalOrder = (a: string, b: string): number => {
  const [left, right] = [partsOf(a), partsOf(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [x, y] = [left[index]!, right[index]!]
    const order = isDigits(x) && isDigits(y) ? compareDigits(x, y) : compare(x, y)
    if (order !== 0) return order
  }
  // Names that differ in leading zeros only.
  return left.length - right.length || compare(a, b)
}

const partsOf = (text: string): ReadonlyArray<string> => text.match(/\d+|\D+/g) ?? []
const isDigits = (text: string) => /^\d/.test(text)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Of any length: numbers beyond 2⁵³ are dates and hashes in names of files. */
const compareDigits = (a: string, b: string): number => {
  const [x, y] = [a.replace(/^0+/, ""), b.replace(/^0+/, "")]
  return x.length - y.length || compare(x, y)
}
