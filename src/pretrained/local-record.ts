/** What is known on this machine of a model's files: `weights/local/NAME.json`, which Git does not keep. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"

const Hash = Schema.Struct({
  algorithm: Schema.Literals(["sha256", "git-sha1"]),
  hex: Schema.String.check(Schema.isPattern(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/))
})
const Content = Schema.Struct({
  version: Schema.Literal(1),
  kind: Schema.Literals(["linked", "downloaded"]),
  folder: Schema.String.check(Schema.isMinLength(1)),
  commit: Schema.optionalKey(Schema.String),
  files: Schema.Record(
    Schema.String,
    Schema.Struct({ sizeBytes: Schema.Int, hash: Schema.optionalKey(Hash) })
  )
})

/** A folder that is relative is so to the project, which may be moved. */
export type LocalRecord = typeof Content.Type

const decode = Schema.decodeUnknownResult(Content)

export const recordPath = (name: string, root: string): string =>
  join(root, "weights", "local", `${name}.json`)

export const recordFolder = ({ folder }: LocalRecord, root: string): string => resolve(root, folder)

/** @throws UserError when it is there and cannot be understood */
export const readRecord = (name: string, root: string): LocalRecord | undefined => {
  const path = recordPath(name, root)
  const hint = `remove the file, and say again where the files are: \`ablate weights link ${name} FOLDER\``
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw new UserError(`${path} cannot be read: ${unreadableReason(cause)}`, { hint, cause })
  }
  const result = decode(json)
  if (Result.isSuccess(result)) return result.success
  throw new UserError(`${path} is not a record of where weights are`, { hint })
}

/** Written whole or not at all. */
export const writeRecord = (name: string, root: string, record: LocalRecord): void => {
  const path = recordPath(name, root)
  const temporary = `${path}.${process.pid}.tmp`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(temporary, `${JSON.stringify(record, undefined, 2)}\n`)
    renameSync(temporary, path)
  } catch (cause) {
    rmSync(temporary, { force: true })
    throw new UserError(`${path} cannot be written: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  }
}
