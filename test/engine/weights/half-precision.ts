/** The 16-bit formats from their definitions, sharing nothing with the code that is tested. */

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
export const float16Value = (bits: number): number => {
  const sign = bits >>> 15 === 1 ? -1 : 1
  const exponent = (bits >>> 10) & 31
  const fraction = (bits & 1023) / 1024
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15)
}

/** bfloat16: 1 bit of sign, 8 of exponent, 7 of fraction. */
export const bfloat16Value = (bits: number): number => {
  const sign = bits >>> 15 === 1 ? -1 : 1
  const exponent = (bits >>> 7) & 255
  const fraction = (bits & 127) / 128
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0
    ? sign * fraction * 2 ** -126
    : sign * (1 + fraction) * 2 ** (exponent - 127)
}
