/**
 * Entries of a ZIP archive in memory (PKWARE's APPNOTE 6.3.9, with ZIP64 as torch.save writes it): stored or deflated,
 * each checked against its CRC. Nothing is written to disk; entries are found by the central directory alone, and what
 * the archive says of itself is checked before anything is unpacked.
 */
import { crc32, inflateRawSync } from "node:zlib"
import { UserError } from "../base/user-error.ts"

export interface ZipEntry {
  readonly name: string
  /** When unpacked. */
  readonly sizeBytes: number
}

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>
  /**
   * An entry's bytes; a stored one's share the archive's memory.
   *
   * @throws RangeError when there is no such entry; UserError when it is damaged
   */
  readonly read: (name: string) => Uint8Array
}

interface Located extends ZipEntry {
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly packedBytes: number
  readonly headerAt: number
}

/** A model has thousands of tensors, an archive with more entries was not made by torch.save. */
const maxEntries = 100_000
const [endBytes, end64Bytes, locatorBytes, centralBytes, localBytes] = [22, 56, 20, 46, 30]
const [endMark, end64Mark, locatorMark, centralMark, localMark] = [
  0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50
]

/**
 * @param shown how messages name the file
 * @throws UserError when it is no sound archive, or an entry's name leads out of it
 */
export const openZip = (bytes: Uint8Array, shown = "the file"): ZipArchive => {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refuse: Refuse = (problem) => {
    throw new UserError(`${shown} is not a sound ZIP archive: ${problem}`, { exitCode: 1 })
  }
  const directory = findDirectory(file, refuse)
  const entries = readDirectory(file, directory, refuse)
  const starts = dataStarts(file, [...entries.values()], directory.start, refuse)
  return {
    entries,
    read: (name) => {
      const entry = entries.get(name)
      const start = starts.get(name)
      if (entry === undefined || start === undefined) throw new RangeError(`no entry ${name}`)
      const packed = file.subarray(start, start + entry.packedBytes)
      const content = unpack(packed, entry, refuse)
      if (crc32(content) !== entry.crc) refuse(`${name} is damaged: its CRC is not what it was`)
      return content
    }
  }
}

type Refuse = (problem: string) => never

interface Directory {
  readonly count: number
  readonly start: number
  readonly end: number
}

const findDirectory = (file: Buffer, refuse: Refuse): Directory => {
  // A comment of up to 65535 bytes may stand behind the end record.
  const first = Math.max(0, file.length - endBytes - 0xffff)
  let at = file.length - endBytes
  const isEnd = () =>
    file.readUInt32LE(at) === endMark && at + endBytes + file.readUInt16LE(at + 20) === file.length
  while (at >= first && !isEnd()) at--
  if (at < first) return refuse("its end is missing; it may have been cut off")
  const locator = at - locatorBytes
  if (locator >= 0 && file.readUInt32LE(locator) === locatorMark) {
    return directory64(file, locator, refuse)
  }
  const [count, size, start] = [
    file.readUInt16LE(at + 10),
    file.readUInt32LE(at + 12),
    file.readUInt32LE(at + 16)
  ]
  if (start + size !== at) return refuse("its directory does not lie before its end")
  return { count, start, end: at }
}

const directory64 = (file: Buffer, locator: number, refuse: Refuse): Directory => {
  const at = numberAt(file, locator + 8, refuse)
  if (at + end64Bytes > locator || file.readUInt32LE(at) !== end64Mark) {
    return refuse("its ZIP64 end is not where it says")
  }
  const [count, size, start] = [32, 40, 48].map((offset) => numberAt(file, at + offset, refuse))
  if (start! + size! !== at) return refuse("its directory does not lie before its end")
  return { count: count!, start: start!, end: at }
}

/** 64 bits as a number: beyond 2^53 no file reaches. */
const numberAt = (file: Buffer, at: number, refuse: Refuse): number => {
  const value = file.readBigUInt64LE(at)
  return value > BigInt(Number.MAX_SAFE_INTEGER)
    ? refuse(`it speaks of byte ${value}`)
    : Number(value)
}

const readDirectory = (
  file: Buffer,
  { count, end, start }: Directory,
  refuse: Refuse
): ReadonlyMap<string, Located> => {
  if (count > maxEntries) return refuse(`it has ${count} entries`)
  const entries = new Map<string, Located>()
  let at = start
  for (let index = 0; index < count; index++) {
    if (at + centralBytes > end || file.readUInt32LE(at) !== centralMark) {
      return refuse("its directory is damaged")
    }
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((o) => file.readUInt16LE(at + o))
    const nameAt = at + centralBytes
    const next = nameAt + nameBytes! + extraBytes! + commentBytes!
    if (next > end) return refuse("its directory is damaged")
    const name = file.toString("utf8", nameAt, nameAt + nameBytes!)
    if (!staysInside(name)) return refuse(`an entry is named ${JSON.stringify(name.slice(0, 200))}`)
    if (entries.has(name)) return refuse(`${name} is there twice`)
    const extra = file.subarray(nameAt + nameBytes!, nameAt + nameBytes! + extraBytes!)
    const [packedBytes, sizeBytes, headerAt] = widened(
      [file.readUInt32LE(at + 20), file.readUInt32LE(at + 24), file.readUInt32LE(at + 42)],
      extra,
      refuse
    )
    entries.set(name, {
      name,
      flags: file.readUInt16LE(at + 8),
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      packedBytes,
      sizeBytes,
      headerAt
    })
    at = next
  }
  return at === end ? entries : refuse("its directory is damaged")
}

type Places = readonly [packedBytes: number, sizeBytes: number, headerAt: number]

/** ZIP64 puts what 32 bits cannot hold into an extra field: first the size, then the packed size, then the place. */
const widened = (places: Places, extra: Buffer, refuse: Refuse): Places => {
  const full = 0xffffffff
  if (!places.includes(full)) return places
  let at = 0
  while (at + 4 <= extra.length && extra.readUInt16LE(at) !== 1)
    at += 4 + extra.readUInt16LE(at + 2)
  const fieldEnd = at + 4 <= extra.length ? at + 4 + extra.readUInt16LE(at + 2) : 0
  let next = at + 4
  const wide = (value: number): number => {
    if (value !== full) return value
    if (next + 8 > Math.min(fieldEnd, extra.length)) return refuse("its directory is damaged")
    const found = numberAt(extra, next, refuse)
    next += 8
    return found
  }
  const [packed, size, header] = places
  const wideSize = wide(size)
  return [wide(packed), wideSize, wide(header)]
}

/** Whether a name, were it a path, would stay in its folder on every system. */
const staysInside = (name: string): boolean =>
  !/[\\:\0]/.test(name) &&
  name.split("/").every((part, index, all) =>
    // A folder's own entry ends in a slash.
    part === "" ? index > 0 && index === all.length - 1 : part !== "." && part !== ".."
  )

/** Where each entry's bytes start; no two share any, as the parts of a ZIP bomb do. */
const dataStarts = (
  file: Buffer,
  entries: ReadonlyArray<Located>,
  directoryStart: number,
  refuse: Refuse
): ReadonlyMap<string, number> => {
  const starts = new Map<string, number>()
  let free = directoryStart
  for (const entry of entries.toSorted((a, b) => b.headerAt - a.headerAt)) {
    const { headerAt, name, packedBytes } = entry
    if (headerAt + localBytes > free || file.readUInt32LE(headerAt) !== localMark) {
      return refuse(`${name} does not lie where its directory says`)
    }
    const nameBytes = file.readUInt16LE(headerAt + 26)
    const start = headerAt + localBytes + nameBytes + file.readUInt16LE(headerAt + 28)
    const own = file.toString("utf8", headerAt + localBytes, headerAt + localBytes + nameBytes)
    if (own !== name)
      return refuse(`${name} is called ${JSON.stringify(own.slice(0, 200))} where it lies`)
    if (start + packedBytes > free) return refuse(`${name} reaches into what follows it`)
    free = headerAt
    starts.set(name, start)
  }
  return starts
}

const unpack = (packed: Uint8Array, entry: Located, refuse: Refuse): Uint8Array => {
  const { flags, method, name, sizeBytes } = entry
  if ((flags & 1) !== 0) return refuse(`${name} is encrypted`)
  if (method === 0) {
    return packed.byteLength === sizeBytes ? packed : refuse(`${name} has two sizes`)
  }
  if (method !== 8) return refuse(`${name} is packed by method ${method}; known are 0 and 8`)
  let content
  try {
    // Ends where more comes than was announced, before that is in memory.
    content = inflateRawSync(packed, { maxOutputLength: Math.max(1, sizeBytes) })
  } catch {
    return refuse(`${name} cannot be unpacked to the ${sizeBytes} bytes that it should have`)
  }
  return content.byteLength === sizeBytes
    ? content
    : refuse(`${name} has ${content.byteLength} bytes, not ${sizeBytes}`)
}
