/** A folder's files and what they amount to: names and contents, at any depth. Hidden ones (`.DS_Store`) do not count. */
import { readdirSync, realpathSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Digest, digestOf } from "./digest.ts"
import { unreadableReason } from "./unreadable-reason.ts"
import { UserError } from "./user-error.ts"

export interface FolderFile {
  /** Relative to the folder, with forward slashes. */
  readonly name: string
  readonly path: string
  /** Whether a symbolic link on the way may have led out of the folder. */
  readonly linked: boolean
}

/**
 * The files below a folder in the order of their names' code units; symbolic links are followed.
 *
 * @param shown how messages name the folder
 * @throws UserError when something in it cannot be looked at, or a link leads back to where it is
 */
export const listFolder = (folder: string, shown = folder): ReadonlyArray<FolderFile> => {
  const files: Array<FolderFile> = []
  const walk = (at: string, prefix: string, linked: boolean, above: ReadonlyArray<string>) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue
      const [name, path] = [prefix + entry.name, join(at, entry.name)]
      const isLink = entry.isSymbolicLink()
      const kind = isLink ? statSync(path) : entry
      if (kind.isFile()) files.push({ name, path, linked: linked || isLink })
      if (!kind.isDirectory()) continue
      const real = isLink ? realpathSync(path) : join(above.at(-1) ?? at, entry.name)
      if (above.includes(real)) {
        throw new UserError(`${join(shown, name)} is a symbolic link that leads back to itself`)
      }
      walk(path, `${name}/`, linked || isLink, [...above, real])
    }
  }
  try {
    walk(folder, "", false, [realpathSync(folder)])
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    const { path } = cause as { readonly path?: string }
    const what = path?.startsWith(folder) === true ? shown + path.slice(folder.length) : shown
    throw new UserError(`${what} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Of a folder's files, by names and contents; where the folder lies is no part of it. */
export const folderDigest = (
  files: ReadonlyArray<Pick<FolderFile, "name"> & { readonly digest: Digest }>
): Digest =>
  digestOf(
    "folder",
    files.flatMap(({ digest, name }) => [name, digest])
  )
