/** Descriptions of code fingerprints, kept so that a plan can name the file whose change makes a stage run. */
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import type { CodeDescription } from "./action.ts"
import { renewFile, writeFileAtomic } from "./atomic-file.ts"
import type { Layout } from "./layout.ts"
import { everyMember, isAddress, isRecord, isText, parseJson, readIfThere } from "./structure.ts"

export interface Code {
  /** `undefined` also when the file is damaged. */
  readonly get: (fingerprint: Digest) => CodeDescription | undefined
  /**
   * @throws UserError when the disk is full or may not be written
   */
  readonly put: (code: CodeDescription) => void
}

export const openCode = (layout: Layout): Code => {
  const pathOf = (fingerprint: Digest) => join(layout.code, `${fingerprint}.json`)
  const get = (fingerprint: Digest) => {
    const text = readIfThere(pathOf(fingerprint))
    const code = text === undefined ? undefined : parseJson(text)
    return isCode(code) && code.fingerprint === fingerprint ? code : undefined
  }
  return {
    get,
    put: (code) => {
      if (get(code.fingerprint) !== undefined && renewFile(pathOf(code.fingerprint))) return
      writeFileAtomic(
        layout,
        pathOf(code.fingerprint),
        `${JSON.stringify(code)}\n`,
        "the description of a stage's code"
      )
    }
  }
}

const isCode = (code: unknown): code is CodeDescription =>
  isRecord(code) &&
  isAddress(code["fingerprint"]) &&
  everyMember(code["modules"], isAddress) &&
  everyMember(code["packages"], isText) &&
  typeof code["tensors"] === "boolean"
