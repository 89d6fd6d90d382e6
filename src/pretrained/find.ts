/**
 * Finds the files of a pretrained model on this machine: where they were linked to, where ablate has downloaded them, or
 * in the cache of Hugging Face's libraries. It never uses the network, and never takes one revision for another.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../base/user-error.ts"
import { projectVariable } from "../data/search-path.ts"
import { hubCacheFolder } from "./hub-environment.ts"
import { isCommit, snapshotIn } from "./hub-cache.ts"
import { type LocalRecord, readRecord, recordFolder } from "./local-record.ts"
import type { Manifest } from "./manifest.ts"
import { readManifest } from "./manifests.ts"
import { missingFiles } from "./needed-files.ts"

export interface Surroundings {
  /** Absolute: the project, whose `weights/` is meant. */
  readonly root: string
  readonly env: NodeJS.ProcessEnv
}

export interface Pretrained {
  /** Absolute; in the layout of diffusers: `unet/config.json`, … */
  readonly folder: string
  readonly manifest: Manifest
}

/** A place where a model's files lie, though not all of them may be there. */
export interface Place {
  readonly where: "linked" | "downloaded" | "hub cache"
  readonly folder: string
  readonly missing: ReadonlyArray<string>
  /** What lies there instead, where the manifest names a commit; then all files are missing. */
  readonly otherCommit?: string
  readonly record?: LocalRecord
  readonly commit?: string
}

/**
 * @param name of a manifest, such as `if-i-m`
 * @throws UserError saying what is missing and which command brings it
 */
export const findPretrained = (
  name: string,
  { env = process.env, root = env[projectVariable] || process.cwd() }: Partial<Surroundings> = {}
): Pretrained => {
  const manifest = readManifest(name, root)
  const place = placeOf(manifest, { root, env })
  if (place !== undefined && place.missing.length === 0) return { folder: place.folder, manifest }
  throw notHere(manifest, place)
}

export const downloadFolder = (name: string, root: string): string => join(root, "weights", name)

/** The place that counts: what was linked, else the first that has all files, else the first that has any. */
export const placeOf = (manifest: Manifest, { env, root }: Surroundings): Place | undefined => {
  const record = readRecord(manifest.name, root)
  if (record?.kind === "linked") {
    const folder = recordFolder(record, root)
    return { where: "linked", folder, record, missing: missingFiles(manifest, folder) }
  }
  const places: Array<Place> = []
  const downloads = downloadFolder(manifest.name, root)
  if (existsSync(downloads)) {
    const other = otherCommit(manifest, record)
    places.push({
      where: "downloaded",
      folder: downloads,
      missing:
        other === undefined
          ? missingFiles(manifest, downloads)
          : manifest.files.map(({ path }) => path),
      ...(other === undefined ? {} : { otherCommit: other }),
      ...(record === undefined ? {} : { record }),
      ...(record?.commit === undefined ? {} : { commit: record.commit })
    })
  }
  const snapshot = snapshotIn(hubCacheFolder(env), manifest)
  if (snapshot !== undefined) {
    places.push({
      where: "hub cache",
      ...snapshot,
      missing: missingFiles(manifest, snapshot.folder)
    })
  }
  return places.find(({ missing }) => missing.length === 0) ?? places[0]
}

const otherCommit = ({ source }: Manifest, record: LocalRecord | undefined): string | undefined =>
  isCommit(source.revision) && record?.commit !== source.revision ? record?.commit : undefined

const notHere = (
  { licence, name, source, title }: Manifest,
  place: Place | undefined
): UserError => {
  const accept = licence.mustBeAccepted
    ? ` (their licence has to be accepted first, at ${licence.url})`
    : ""
  const ways = `\`ablate weights get ${name}\` downloads them${accept}; \`ablate weights link ${name} FOLDER\` takes a folder that has them`
  if (place === undefined) {
    return new UserError(`the weights ${name} (${title}) are not here`, { exitCode: 1, hint: ways })
  }
  if (!existsSync(place.folder)) {
    return new UserError(`the weights ${name} are linked to ${place.folder}, which is not there`, {
      exitCode: 1,
      hint: ways
    })
  }
  if (place.otherCommit !== undefined) {
    return new UserError(
      `the weights ${name} here are of the commit ${place.otherCommit}, and the manifest names ${source.revision}`,
      { exitCode: 1, hint: `\`ablate weights get ${name}\` brings that one` }
    )
  }
  const [first, ...others] = place.missing
  const more = others.length === 0 ? "" : ` and ${others.length} more`
  return new UserError(
    `the weights ${name} are not complete: ${place.folder} lacks ${first}${more}`,
    {
      exitCode: 1,
      hint: place.where === "downloaded" ? `\`ablate weights get ${name}\` goes on` : ways
    }
  )
}
