/** Picture files for tests, written byte by byte where sharp would not write them so. */
import { crc32, deflateSync } from "node:zlib"

const chunk = (type: string, data: Uint8Array): Buffer => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const whole = Buffer.alloc(body.byteLength + 8)
  whole.writeUInt32BE(data.byteLength, 0)
  body.copy(whole, 4)
  whole.writeUInt32BE(crc32(body), body.byteLength + 4)
  return whole
}

/** A PNG of 8-bit RGB whose header claims a size that its data do not have. */
export const pngClaiming = (width: number, height: number): Buffer => {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(16))),
    chunk("IEND", Buffer.alloc(0))
  ])
}

export interface Tiff {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly samples: Uint16Array | Float32Array
}

/** An uncompressed little-endian TIFF of one strip, with 16-bit or floating-point samples. */
export const tiffOf = ({ channels, height, samples, width }: Tiff): Buffer => {
  const [short, long] = [3, 4]
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const bits = samples.BYTES_PER_ELEMENT * 8
  const sampleFormat = samples instanceof Float32Array ? 3 : 1
  const entries = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, bits],
    [259, short, 1, 1],
    [262, short, 1, channels === 3 ? 2 : 1],
    [273, long, 1, 0],
    [277, short, 1, channels],
    [278, long, 1, height],
    [279, long, 1, data.byteLength],
    [339, short, channels, sampleFormat]
  ] as const
  const directory = 8
  const lists = directory + 2 + entries.length * 12 + 4
  const dataAt = lists + 2 * 3 * 2
  const head = Buffer.alloc(dataAt)
  head.write("II", "latin1")
  head.writeUInt16LE(42, 2)
  head.writeUInt32LE(directory, 4)
  head.writeUInt16LE(entries.length, directory)
  let list = lists
  for (const [index, [tag, type, count, value]] of entries.entries()) {
    const at = directory + 2 + index * 12
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(count, at + 4)
    if (count > 1) {
      head.writeUInt32LE(list, at + 8)
      for (let item = 0; item < count; item += 1) head.writeUInt16LE(value, list + item * 2)
      list += count * 2
    } else if (type === short) head.writeUInt16LE(value, at + 8)
    else head.writeUInt32LE(tag === 273 ? dataAt : value, at + 8)
  }
  return Buffer.concat([head, data])
}
