/** ZIP archives put together by hand, so that tests can write what no tool would write. */
import { crc32, deflateRawSync } from "node:zlib"

export interface Entry {
  readonly name: string
  readonly bytes: Uint8Array
  readonly deflate?: boolean
  /** What the directory says in place of the truth. */
  readonly says?: {
    readonly size?: number
    readonly packed?: number
    readonly crc?: number
    readonly headerAt?: number
    readonly method?: number
    readonly flags?: number
  }
  /** The name where the bytes lie, when it is another one. */
  readonly localName?: string
  /** Puts sizes and place into a ZIP64 field. */
  readonly wide?: boolean
}

export interface ArchiveForm {
  /** With a ZIP64 end record, as torch.save writes it. */
  readonly zip64?: boolean
  readonly comment?: string
}

export const zip = (entries: ReadonlyArray<Entry>, form: ArchiveForm = {}): Buffer => {
  const parts: Array<Buffer> = []
  const central: Array<Buffer> = []
  let at = 0
  for (const entry of entries) {
    const { bytes, deflate = false, localName = entry.name, name, says = {}, wide = false } = entry
    const packed = deflate ? deflateRawSync(bytes) : Buffer.from(bytes)
    const method = says.method ?? (deflate ? 8 : 0)
    const crc = says.crc ?? crc32(bytes)
    const [size, packedBytes, headerAt] = [
      says.size ?? bytes.byteLength,
      says.packed ?? packed.byteLength,
      says.headerAt ?? at
    ]
    const local = Buffer.alloc(30)
    local.writeUInt32LE(0x04034b50, 0)
    local.writeUInt16LE(method, 8)
    local.writeUInt32LE(crc, 14)
    local.writeUInt32LE(packed.byteLength, 18)
    local.writeUInt32LE(bytes.byteLength, 22)
    local.writeUInt16LE(Buffer.byteLength(localName), 26)
    const record = Buffer.concat([local, Buffer.from(localName), packed])
    const extra = wide ? wideExtra(size, packedBytes, headerAt) : Buffer.alloc(0)
    const header = Buffer.alloc(46)
    header.writeUInt32LE(0x02014b50, 0)
    header.writeUInt16LE(says.flags ?? 0, 8)
    header.writeUInt16LE(method, 10)
    header.writeUInt32LE(crc, 16)
    header.writeUInt32LE(wide ? 0xffffffff : packedBytes, 20)
    header.writeUInt32LE(wide ? 0xffffffff : size, 24)
    header.writeUInt16LE(Buffer.byteLength(name), 28)
    header.writeUInt16LE(extra.length, 30)
    header.writeUInt32LE(wide ? 0xffffffff : headerAt, 42)
    central.push(header, Buffer.from(name), extra)
    parts.push(record)
    at += record.length
  }
  const directory = Buffer.concat(central)
  return Buffer.concat([...parts, directory, ending(entries.length, directory.length, at, form)])
}

const wideExtra = (...values: ReadonlyArray<number>): Buffer => {
  const extra = Buffer.alloc(4 + 8 * values.length)
  extra.writeUInt16LE(1, 0)
  extra.writeUInt16LE(8 * values.length, 2)
  for (const [index, value] of values.entries())
    extra.writeBigUInt64LE(BigInt(value), 4 + 8 * index)
  // Another field before it is to be skipped.
  return Buffer.concat([Buffer.from([0x46, 0x42, 2, 0, 7, 7]), extra])
}

const ending = (
  count: number,
  size: number,
  start: number,
  { comment = "", zip64 = false }: ArchiveForm
): Buffer => {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(zip64 ? 0xffff : count, 8)
  end.writeUInt16LE(zip64 ? 0xffff : count, 10)
  end.writeUInt32LE(zip64 ? 0xffffffff : size, 12)
  end.writeUInt32LE(zip64 ? 0xffffffff : start, 16)
  end.writeUInt16LE(comment.length, 20)
  const tail = Buffer.concat([end, Buffer.from(comment)])
  if (!zip64) return tail
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(size), 40)
  end64.writeBigUInt64LE(BigInt(start), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(start + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, tail])
}
