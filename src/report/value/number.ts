/** Numbers in a width that lines up: six significant digits, exponents only where they are needed. */
export const number = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value)
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(4)
  return String(Number(value.toPrecision(6)))
}
