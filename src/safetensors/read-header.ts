import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { headerEnd, lengthBytes, parseHeader, type SafetensorsHeader } from "./header.ts"

/**
 * The header of a file on disk. Reads the header only, so that the file may be larger than memory.
 *
 * @param shown how messages name the file
 * @throws UserError when the file cannot be read, or is not sound
 */
export const readSafetensorsHeader = (path: string, shown = path): SafetensorsHeader => {
  const file = open(path, shown)
  try {
    const { size } = fstatSync(file)
    const start = readAt(file, 0, Math.min(size, lengthBytes))
    const end = headerEnd(start, size, shown)
    return parseHeader(readAt(file, lengthBytes, end - lengthBytes), size, shown)
  } finally {
    closeSync(file)
  }
}

const open = (path: string, shown: string): number => {
  try {
    // Asked first, because opening a pipe would wait for its writer.
    if (statSync(path).isFile()) return openSync(path, "r")
  } catch (cause) {
    throw new UserError(`${shown} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  throw new UserError(`${shown} is not a file`)
}

/** The bytes from `position` on; fewer where the file has become shorter meanwhile. */
const readAt = (file: number, position: number, count: number): Uint8Array => {
  const bytes = new Uint8Array(count)
  let done = 0
  while (done < count) {
    const read = readSync(file, bytes, done, count - done, position + done)
    if (read === 0) return bytes.subarray(0, done)
    done += read
  }
  return bytes
}
