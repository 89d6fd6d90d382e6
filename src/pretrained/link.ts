/** Tells a project where the files of a model are already: `weights/NAME` leads there. Nothing is copied. */
import { existsSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync } from "node:fs"
import { dirname, join } from "node:path"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { snapshotIn } from "./hub-cache.ts"
import { downloadFolder } from "./find.ts"
import { writeRecord } from "./local-record.ts"
import type { Manifest } from "./manifest.ts"
import { missingFiles, neededFiles, sizeOf } from "./needed-files.ts"

/**
 * @param folder absolute: a copy of the repository, a Hugging Face cache, or a model's folder in one
 * @returns the folder that has the files
 * @throws UserError when it lacks some of them
 */
export const linkPretrained = (manifest: Manifest, folder: string, root: string): string => {
  const { name, source } = manifest
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UserError(`there is no folder ${folder}`)
  }
  const caches = [folder, join(folder, "hub")]
  const snapshot = caches.flatMap((cache) => snapshotIn(cache, manifest) ?? [])[0]
  const found = snapshot?.folder ?? folder
  const missing = missingFiles(manifest, found)
  if (missing.length > 0) {
    const list = missing.slice(0, 8).map((path) => `    ${path}`)
    const more = missing.length > 8 ? [`    and ${missing.length - 8} more`] : []
    const isCache = existsSync(join(folder, "refs")) || existsSync(join(folder, "snapshots"))
    throw new UserError(
      `${found} lacks ${missing.length === 1 ? "a file" : `${missing.length} files`} of ${name}`,
      {
        hint: [
          isCache
            ? `it has no snapshot of the revision ${source.revision} of ${source.repository}, or not all of it`
            : `it should be laid out as ${source.repository} is`,
          "  missing:",
          ...list,
          ...more
        ].join("\n")
      }
    )
  }
  pointTo(found, name, root)
  writeRecord(name, root, {
    version: 1,
    kind: "linked",
    folder: found,
    ...(snapshot === undefined ? {} : { commit: snapshot.commit }),
    files: Object.fromEntries(
      neededFiles(manifest, found).map(({ path }) => [
        path,
        { sizeBytes: sizeOf(found, path) ?? 0 }
      ])
    )
  })
  return found
}

/** @throws UserError when a folder of its own is in the place of the link */
const pointTo = (target: string, name: string, root: string): void => {
  const place = downloadFolder(name, root)
  const there = lstatSync(place, { throwIfNoEntry: false })
  if (there !== undefined && !there.isSymbolicLink()) {
    throw new UserError(
      `${place} is there already, and pipelines read the weights ${name} from it`,
      {
        hint: "remove or rename it, and link again"
      }
    )
  }
  try {
    rmSync(place, { force: true })
    mkdirSync(dirname(place), { recursive: true })
    // What Windows makes without more rights than a user has.
    symlinkSync(target, place, "junction")
  } catch (cause) {
    throw new UserError(`${place} cannot be made a link: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  }
}
