/** The end of a log, for the message about a failure. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"

const shownLines = 10
const readBytes = 16_384

/** The last lines of a file that may not exist. */
export const lastLines = (path: string): ReadonlyArray<string> => {
  let file: number
  try {
    file = openSync(path, "r")
  } catch {
    // A log is only made when there is something to write.
    return []
  }
  try {
    const { size } = fstatSync(file)
    const buffer = Buffer.alloc(Math.min(size, readBytes))
    const read = readSync(file, buffer, 0, buffer.byteLength, size - buffer.byteLength)
    const lines = buffer.subarray(0, read).toString("utf8").trimEnd().split("\n")
    // The first of a piece from the middle is cut.
    return (size > readBytes ? lines.slice(1) : lines)
      .slice(-shownLines)
      .filter((line) => line !== "")
  } finally {
    closeSync(file)
  }
}
