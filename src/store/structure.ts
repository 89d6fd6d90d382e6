/** Checks of JSON that was read from the store's own files: plain code, since a plan reads thousands of them. */
import { readFileSync } from "node:fs"
import { type Digest, isDigest } from "../base/digest.ts"
import { codeOf } from "./disk-problem.ts"

export type UnknownRecord = { readonly [key: string]: unknown }

export const isRecord = (value: unknown): value is UnknownRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isText = (value: unknown): value is string => typeof value === "string"

export const isAddress = (value: unknown): value is Digest => isText(value) && isDigest(value)

/** Whether every member of a record satisfies the predicate. */
export const everyMember = (value: unknown, holds: (member: unknown) => boolean): boolean =>
  isRecord(value) && Object.values(value).every(holds)

export const everyItem = (value: unknown, holds: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(holds)

/** `undefined` for text that is no JSON. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** The file's text, or `undefined` where there is no such file. Other failures are thrown. */
export const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined
    throw error
  }
}
