/** Numbers and texts of a pickle, one after the other, never beyond its end. */
import type { Refuse } from "./globals.ts"

export interface ByteReader {
  readonly byte: () => number
  readonly uint16: () => number
  readonly int32: () => number
  readonly uint32: () => number
  readonly uint64: () => number
  /** Big-endian. */
  readonly double: () => number
  /** Two's complement, little-endian; a bigint where a number would be inexact. */
  readonly long: (bytes: number) => number | bigint
  /** UTF-8. */
  readonly text: (bytes: number) => string
  /** Up to the next line break. */
  readonly line: () => string
  /** A frame's length, which must not reach beyond the end. */
  readonly frame: () => void
  readonly atEnd: () => boolean
}

/** A whole number in a file of tensors is a size or a setting. */
const maxLongBytes = 32

export const byteReader = (bytes: Uint8Array, refuse: Refuse): ByteReader => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const take = (count: number): number => {
    if (count < 0 || count > buffer.length - at) return refuse("it is cut off")
    at += count
    return at - count
  }
  const utf8 = (start: number, end: number): string => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        buffer.subarray(start, end)
      )
    } catch {
      return refuse("a text is not UTF-8")
    }
  }
  const uint64 = (): number => {
    const value = buffer.readBigUInt64LE(take(8))
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? refuse("it is cut off") : Number(value)
  }
  return {
    byte: () => buffer.readUInt8(take(1)),
    uint16: () => buffer.readUInt16LE(take(2)),
    int32: () => buffer.readInt32LE(take(4)),
    uint32: () => buffer.readUInt32LE(take(4)),
    uint64,
    double: () => buffer.readDoubleBE(take(8)),
    long: (count) => {
      if (count > maxLongBytes) return refuse(`it holds a number of ${count} bytes`)
      const start = take(count)
      let value = 0n
      for (let index = count - 1; index >= 0; index--) {
        value = (value << 8n) | BigInt(buffer[start + index]!)
      }
      const signed = BigInt.asIntN(count * 8, value)
      return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
    },
    text: (count) => {
      const start = take(count)
      return utf8(start, start + count)
    },
    line: () => {
      const end = buffer.indexOf(0x0a, at)
      if (end < 0) return refuse("it is cut off")
      const start = take(end + 1 - at)
      return utf8(start, end)
    },
    frame: () => {
      if (uint64() > buffer.length - at) refuse("it is cut off")
    },
    atEnd: () => at === buffer.length
  }
}
