/**
 * Downloads the files of a model into `weights/NAME/`: resumed where it was cut off, and each file under its name only once
 * its size and its hash are what the hub says of that commit.
 */
import { existsSync, lstatSync, mkdirSync, rmSync, statfsSync } from "node:fs"
import { stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { downloadFile, type MirrorProblem } from "../download/download-file.ts"
import { hashFile, hashNames } from "./content-hash.ts"
import { downloadFolder, placeOf, type Place, type Surroundings } from "./find.ts"
import { hubEndpoint, hubToken } from "./hub-environment.ts"
import {
  type HubAccess,
  type HubFile,
  hubHeaders,
  type HubListing,
  listRepository
} from "./hub-listing.ts"
import { refusedByHub, unreachableHub } from "./hub-problem.ts"
import { linkPretrained } from "./link.ts"
import { writeRecord } from "./local-record.ts"
import type { Manifest, ManifestFile } from "./manifest.ts"
import { shardsOf, sizeOf } from "./needed-files.ts"

export interface GetRequest extends Surroundings {
  readonly log: (line: string) => void
  readonly progress: (path: string, doneBytes: number, totalBytes: number) => void
  readonly signal: AbortSignal
  /** Between attempts; only tests do not wait. */
  readonly pauseMs?: number
}

export interface Got {
  readonly folder: string
  /** Whether all was here before. */
  readonly known: boolean
}

/**
 * @throws UserError saying why a file cannot be had; the signal's reason when it is aborted. What has arrived stays for
 *   the next time
 */
export const getPretrained = async (manifest: Manifest, request: GetRequest): Promise<Got> => {
  const place = placeOf(manifest, request)
  if (place !== undefined && isWhole(place)) {
    // So that pipelines find it in its place.
    if (place.where === "hub cache") linkPretrained(manifest, place.folder, request.root)
    return { folder: place.folder, known: true }
  }
  const { env, log, pauseMs, root, signal } = request
  const access: HubAccess = {
    endpoint: hubEndpoint(env),
    token: hubToken(env),
    signal,
    ...(pauseMs === undefined ? {} : { pauseMs })
  }
  const listing = await listRepository(manifest, access)
  log(`${manifest.source.repository} at ${listing.commit}`)
  const folder = downloadFolder(manifest.name, root)
  prepareFolder(folder, manifest, listing)
  const fetched = new Map<string, HubFile>()
  const fetch = async (file: ManifestFile) => {
    const known = hubFileOf(file, manifest, listing)
    await fetchFile(file.path, known, { manifest, listing, folder, access, request })
    fetched.set(file.path, known)
  }
  for (const file of manifest.files) {
    await fetch(file)
    // An index that is here says what else is needed.
    for (const path of shardsOf(file.path, folder)) if (!fetched.has(path)) await fetch({ path })
  }
  writeRecord(manifest.name, root, {
    version: 1,
    kind: "downloaded",
    folder: `weights/${manifest.name}`,
    commit: listing.commit,
    files: Object.fromEntries(fetched)
  })
  return { folder, known: false }
}

/** A download whose record is missing did not come to its end. */
const isWhole = ({ missing, record, where }: Place): boolean =>
  missing.length === 0 && (where !== "downloaded" || record !== undefined)

/** @throws UserError when the hub does not have the file, or has another one than the manifest says */
const hubFileOf = (file: ManifestFile, manifest: Manifest, listing: HubListing): HubFile => {
  const { repository, revision } = manifest.source
  const found = listing.files.get(file.path)
  if (found === undefined) {
    const beside = [...listing.files.keys()].filter((path) => dirname(path) === dirname(file.path))
    throw new UserError(`${repository} has no file ${file.path} at revision ${revision}`, {
      exitCode: 1,
      hint:
        beside.length === 0
          ? "the manifest may be of another revision"
          : `beside it there are ${beside
              .map((path) => basename(path))
              .slice(0, 12)
              .join(", ")}`
    })
  }
  const isOther =
    (file.sizeBytes !== undefined && file.sizeBytes !== found.sizeBytes) ||
    (file.sha256 !== undefined &&
      found.hash.algorithm === "sha256" &&
      found.hash.hex !== file.sha256)
  if (isOther) {
    throw new UserError(
      `${file.path} of ${repository} is not the file that the manifest describes`,
      {
        exitCode: 1,
        hint: `the revision ${revision} has changed: name the commit that the manifest was made for`
      }
    )
  }
  return file.sha256 === undefined
    ? found
    : { ...found, hash: { algorithm: "sha256", hex: file.sha256 } }
}

interface Fetching {
  readonly manifest: Manifest
  readonly listing: HubListing
  readonly folder: string
  readonly access: HubAccess
  readonly request: GetRequest
}

const fetchFile = async (
  path: string,
  known: HubFile,
  { access, folder, listing, manifest, request }: Fetching
): Promise<void> => {
  const { pauseMs, progress, signal } = request
  // Weights of two revisions have one size.
  if (
    sizeOf(folder, path) === known.sizeBytes &&
    (await wrongContent(join(folder, path), known, signal)) === undefined
  ) {
    return
  }
  const url = `${access.endpoint}/${manifest.source.repository}/resolve/${listing.commit}/${path}`
  const result = await downloadFile({
    urls: [url],
    folder: join(folder, dirname(path)),
    name: basename(path),
    mostBytes: known.sizeBytes,
    headers: hubHeaders(access),
    check: (part) => wrongContent(part, known, signal),
    progress: (done) => progress(path, done, known.sizeBytes),
    log: request.log,
    signal,
    ...(pauseMs === undefined ? {} : { pauseMs })
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw new UserError(`${path} cannot be kept in ${folder}: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  })
  if ("problems" in result) throw failed(path, result.problems[0], manifest, access)
}

const wrongContent = async (
  part: string,
  { hash, sizeBytes }: HubFile,
  signal: AbortSignal
): Promise<string | undefined> => {
  const { size } = await stat(part)
  if (size !== sizeBytes) return `it sent ${size} bytes where ${sizeBytes} should be`
  const found = await hashFile(part, hash.algorithm, { signal })
  return found === hash.hex
    ? undefined
    : `what it sent has ${hashNames[hash.algorithm]} ${found}, not ${hash.hex}`
}

const failed = (
  path: string,
  problem: MirrorProblem | undefined,
  manifest: Manifest,
  access: HubAccess
): UserError => {
  if (problem?.status !== undefined) {
    return refusedByHub(manifest, problem.status, problem.url, access)
  }
  if (problem?.unreachable === true) {
    return unreachableHub(manifest, access.endpoint, problem.problem)
  }
  return new UserError(`${path} cannot be downloaded: ${problem?.problem ?? "nothing was tried"}`, {
    exitCode: 1,
    hint: `\`ablate weights get ${manifest.name}\` tries again, with what has arrived`
  })
}

/** Makes the folder, and says so when the disk will not hold what is to come. */
const prepareFolder = (folder: string, manifest: Manifest, listing: HubListing): void => {
  try {
    // A link to where the files no longer are, or not all of them: nothing is written through it.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(folder)
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw new UserError(`${folder} cannot be made: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  }
  const needed = manifest.files.reduce((sum, { path }) => {
    const size = listing.files.get(path)?.sizeBytes ?? 0
    return existsSync(join(folder, path)) ? sum : sum + size
  }, 0)
  const { bavail, bsize } = statfsSync(folder)
  if (needed > bavail * bsize) {
    throw new UserError(
      `${folder} has room for ${bavail * bsize} bytes, but ${needed} are to be downloaded`,
      { exitCode: 1, hint: "make room, or let `weights` be a link to a larger disk" }
    )
  }
}
