/** Files for people: their bytes as they are. */
import { fileNameProblem } from "../file-name.ts"
import type { File } from "../values.ts"
import { type CodecOf, isRecord, malformed } from "./codec-of.ts"

const contentName = "content"

export const fileCodec: CodecOf<File> = {
  typeOf: () => ({ name: "File" }),
  encode: ({ bytes, mediaType, meta, name }) => {
    const problem = fileNameProblem(name)
    if (problem !== undefined)
      throw new TypeError(`the file name ${JSON.stringify(name)} ${problem}`)
    return {
      meta: { name, mediaType, ...(meta === undefined ? {} : { meta }) },
      files: { [contentName]: bytes }
    }
  },
  decode: ({ meta: { mediaType, meta, name }, read }) => {
    if (typeof name !== "string" || typeof mediaType !== "string") {
      return malformed("a file has no name or media type")
    }
    const problem = fileNameProblem(name)
    if (problem !== undefined) return malformed(`the file name ${JSON.stringify(name)} ${problem}`)
    if (meta !== undefined && !isRecord(meta))
      return malformed("a file's description is not an object")
    return {
      type: "File",
      name,
      mediaType,
      bytes: read(contentName),
      ...(meta === undefined ? {} : { meta })
    }
  }
}
