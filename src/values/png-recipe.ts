/**
 * The recipe of a picture inside its PNG file: one iTXt chunk (W3C PNG, 11.3.3.4) with the keyword `ablate` and JSON text.
 *
 * The pixels are not decoded: all other chunks stay as they are.
 */
import { crc32 } from "node:zlib"
import type { JsonObject } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const keyword = "ablate"
/** Keyword, its end, not compressed (two bytes), no language, no translated keyword. */
const textStart = Buffer.from(`${keyword}\0\0\0\0\0`, "latin1")

export const isPng = (bytes: Uint8Array): boolean =>
  signature.equals(bytes.subarray(0, signature.length))

/**
 * The same picture with the recipe in it, in place of one that it had.
 *
 * @throws UserError when the bytes are no sound PNG
 */
export const writePngRecipe = (png: Uint8Array, recipe: JsonObject): Uint8Array => {
  const [header, ...others] = chunksOf(png)
  const kept = others.filter((chunk) => !isRecipe(chunk)).map(({ bytes }) => bytes)
  // Before the pixels, where readers that stop at them still see it.
  return new Uint8Array(Buffer.concat([signature, header!.bytes, recipeChunk(recipe), ...kept]))
}

/**
 * The recipe in a PNG; absent when it has none.
 *
 * @throws UserError when the bytes are no sound PNG, or the recipe is damaged
 */
export const readPngRecipe = (png: Uint8Array): JsonObject | undefined => {
  const chunk = chunksOf(png).find(isRecipe)
  if (chunk === undefined) return undefined
  const text = Buffer.from(chunk.data.subarray(textStart.length))
  if (crc32(chunk.bytes.subarray(4, -4)) !== Buffer.from(chunk.bytes.slice(-4)).readUInt32BE()) {
    throw new UserError("the recipe in this PNG is damaged", { exitCode: 1 })
  }
  try {
    return JSON.parse(text.toString("utf8")) as JsonObject
  } catch (cause) {
    throw new UserError("the recipe in this PNG is not JSON", { exitCode: 1, cause })
  }
}

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** The whole chunk: length, type, data and checksum. */
  readonly bytes: Uint8Array
}

const isRecipe = ({ data, type }: Chunk): boolean =>
  type === "iTXt" && textStart.equals(data.subarray(0, textStart.length))

const chunksOf = (png: Uint8Array): ReadonlyArray<Chunk> => {
  if (!isPng(png)) throw new UserError("this is not a PNG", { exitCode: 1 })
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const chunks: Array<Chunk> = []
  let at = signature.length
  while (at < png.byteLength && chunks.at(-1)?.type !== "IEND") {
    const end = at + 12 <= png.byteLength ? at + 12 + view.getUint32(at) : Number.POSITIVE_INFINITY
    if (end > png.byteLength) break
    const bytes = png.subarray(at, end)
    const type = Buffer.from(bytes.subarray(4, 8)).toString("latin1")
    chunks.push({ type, data: bytes.subarray(8, -4), bytes })
    at = end
  }
  if (chunks[0]?.type !== "IHDR" || chunks.at(-1)?.type !== "IEND") {
    throw new UserError("this PNG is cut off or damaged", { exitCode: 1 })
  }
  return chunks
}

const recipeChunk = (recipe: JsonObject): Buffer => {
  const body = Buffer.concat([
    Buffer.from("iTXt", "latin1"),
    textStart,
    Buffer.from(JSON.stringify(recipe), "utf8")
  ])
  const chunk = Buffer.alloc(body.byteLength + 8)
  chunk.writeUInt32BE(body.byteLength - 4, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.byteLength + 4)
  return chunk
}
