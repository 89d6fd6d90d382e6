/** The files of a known data set: found in a folder, or downloaded; never used unless their content is right. */
import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { checkContent, hashNames } from "./check-content.ts"
import { download } from "./download.ts"
import type { NamedBytes } from "./idx.ts"
import type { KnownFile } from "./known-files.ts"
import { dataVariable, type DataFolders } from "./search-path.ts"

export interface ObtainRequest {
  /** The data set, for messages. */
  readonly name: string
  readonly files: ReadonlyArray<KnownFile>
  readonly places: DataFolders
  readonly mirrors: ReadonlyArray<string>
  readonly progress: (done: number, total: number, unit?: string) => void
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Between attempts at a mirror; only tests do not wait. */
  readonly pauseMs?: number
}

/**
 * The files' contents without compression, in the order that was asked for.
 *
 * @throws UserError naming every file that is missing, its hash, and where it was looked for
 */
export const obtainFiles = async (request: ObtainRequest): Promise<ReadonlyArray<NamedBytes>> => {
  const found: Array<NamedBytes> = []
  const missing: Array<Missing> = []
  for (const file of request.files) {
    const result = await obtain(file, request)
    if ("bytes" in result) found.push(result)
    else missing.push(result)
  }
  if (missing.length > 0) throw missingFiles(missing, request)
  return found
}

interface Missing {
  readonly file: KnownFile
  /** Files of its name with other content. */
  readonly wrong: ReadonlyArray<string>
  readonly mirrors: ReadonlyArray<string>
}

const obtain = async (file: KnownFile, request: ObtainRequest): Promise<NamedBytes | Missing> => {
  const { log, places } = request
  const wrong: Array<string> = []
  for (const folder of places.folders) {
    for (const name of [file.name, `${file.name}.gz`]) {
      const path = join(folder, name)
      if (!existsSync(path)) continue
      const result = await readKnown(path, file)
      if ("bytes" in result) {
        log(`read ${path}`)
        return { shown: path, bytes: result.bytes }
      }
      log(`${path} is not used: ${result.problem}`)
      wrong.push(`${shorter(path)}: ${result.problem}`)
    }
  }
  const { mirrors, progress, signal } = request
  let content: Uint8Array | undefined
  const result = await download({
    urls: mirrors.map((mirror) => `${mirror}${file.name}.gz`),
    folder: places.downloads,
    name: `${file.name}.gz`,
    // Compression makes files smaller, but for a few bytes.
    mostBytes: file.sizeBytes + 4096,
    check: (bytes) => {
      const checked = checkContent({ shown: file.name, bytes }, file)
      if ("problem" in checked) return checked.problem
      content = checked.bytes
      return undefined
    },
    progress: (done, total) =>
      progress(kibibytes(done), kibibytes(total ?? file.sizeBytes), `KiB of ${file.name}.gz`),
    log,
    signal,
    ...(request.pauseMs === undefined ? {} : { pauseMs: request.pauseMs })
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new UserError(
      `${request.name} cannot be downloaded into ${shorter(places.downloads)}: ${unreadableReason(cause)}`,
      { exitCode: 1, cause }
    )
  })
  if ("path" in result && content !== undefined) return { shown: result.path, bytes: content }
  const problems = "problems" in result ? result.problems : []
  return { file, wrong, mirrors: problems.map(({ problem, url }) => `${url}: ${problem}`) }
}

const kibibytes = (bytes: number) => Math.ceil(bytes / 1024)

const readKnown = async (path: string, file: KnownFile) => {
  let bytes
  try {
    bytes = await readFile(path)
  } catch (cause) {
    return { problem: `it cannot be read: ${unreadableReason(cause)}` }
  }
  return checkContent({ shown: path, bytes }, file)
}

const missingFiles = (
  missing: ReadonlyArray<Missing>,
  { name, places }: ObtainRequest
): UserError => {
  const names = missing.map(({ file }) => file.name).join(" and ")
  const lines = (items: ReadonlyArray<string>) => items.map((item) => `    ${item}`)
  const section = (title: string, items: ReadonlyArray<string>) =>
    items.length === 0 ? [] : [`  ${title}`, ...lines(items)]
  const hashes = missing.map(
    ({ file: { hash, name } }) => `${name}  ${hashNames[hash.algorithm]} ${hash.hex}`
  )
  return new UserError(
    `${name} is not here and cannot be downloaded: ${names} ${missing.length === 1 ? "is" : "are"} missing`,
    {
      exitCode: 1,
      hint: [
        `put ${missing.length === 1 ? "the file" : "the files"} into ${shorter(places.downloads)}, or name ${missing.length === 1 ? "its" : "their"} folder in ${dataVariable}`,
        ...section("missing, each plain or as .gz, by the hash of its uncompressed bytes:", hashes),
        ...section("looked for in:", places.folders.map(shorter)),
        ...section(
          "found, but not used:",
          missing.flatMap(({ wrong }) => wrong)
        ),
        ...section(
          "tried to download:",
          missing.flatMap(({ mirrors }) => mirrors)
        )
      ].join("\n")
    }
  )
}

/** Relative to where the user is, when that is shorter. */
const shorter = (path: string): string => {
  const way = relative(process.cwd(), path)
  return way !== "" && way.length < path.length ? way : path
}
