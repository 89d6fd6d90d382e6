/**
 * JSON in which all numbers differ that differ: of NaN, the infinities and -0, which JSON itself writes as null and 0, it
 * has the names. For keys only; nobody reads it back.
 */
export const exactJson = (value: unknown): string => JSON.stringify(value, exactly)

const exactly = (_: string, value: unknown): unknown =>
  typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: Object.is(value, -0) ? "-0" : `${value}` }
    : value
