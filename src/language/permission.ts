/** Which files a pipeline may name: those below the project's root, and below folders that the user allows. */
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync
} from "node:fs"
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path"
import { listFolder } from "../base/folder.ts"
import { nearest } from "../base/nearest.ts"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"

export interface Permission {
  /** Absolute. */
  readonly root: string
  readonly allowedPaths: ReadonlyArray<string>
}

export interface FileFault {
  readonly code: "outside-project" | "missing-file" | "not-a-file" | "unreadable-file"
  readonly message: string
  readonly hint?: string
}

/**
 * Why a file cannot be used; nothing when it can.
 *
 * @param path absolute
 * @param written as the user wrote it
 * @param permission absent when the user named the file on the command line
 */
export const fileFault = (
  path: string,
  written: string,
  permission: Permission | undefined
): FileFault | undefined => placeFault(path, written, permission, "file")

/** The same of a folder, and of the files in it: links in it may not lead where a path may not. */
export const folderFault = (
  path: string,
  written: string,
  permission: Permission | undefined
): FileFault | undefined => {
  const fault = placeFault(path, written, permission, "folder")
  if (fault !== undefined) return fault
  try {
    const outside =
      permission === undefined
        ? undefined
        : listFolder(path, written).find((file) => file.linked && !isAllowed(file.path, permission))
    if (outside === undefined) return undefined
    return {
      code: "outside-project",
      message: `\`${outside.name}\` in \`${written}\` is a symbolic link that leaves the project, which is ${permission?.root}`,
      hint: outsideHint
    }
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause
    return { code: "unreadable-file", message: cause.message }
  }
}

const outsideHint =
  "copy the file into the project, or allow its folder with `--allow-path` or `allowPaths` in ablate.yaml"

const placeFault = (
  path: string,
  written: string,
  permission: Permission | undefined,
  wanted: "file" | "folder"
): FileFault | undefined => {
  if (permission !== undefined && !isAllowed(path, permission)) {
    return {
      code: "outside-project",
      message: `\`${written}\` leaves the project, which is ${permission.root}`,
      hint: outsideHint
    }
  }
  let stats
  try {
    stats = statSync(path)
  } catch (cause) {
    if (!isAbsence(cause)) {
      return {
        code: "unreadable-file",
        message: `\`${written}\` cannot be read: ${unreadableReason(cause)}`
      }
    }
    const target = linkTarget(path)
    if (target !== undefined) {
      return {
        code: "missing-file",
        message: `\`${written}\` is a symbolic link to a ${wanted} that is not there`,
        hint: `it leads to ${target}`
      }
    }
    const similar = similarFile(path)
    const pretrained = manifestOf(written)
    return {
      code: "missing-file",
      message: `there is no ${wanted} \`${written}\``,
      hint:
        pretrained !== undefined
          ? `\`ablate weights get ${pretrained}\` downloads it; if you have it elsewhere, give that folder`
          : similar === undefined
            ? `it is looked for at ${path}`
            : `did you mean \`${written.slice(0, written.length - basename(written).length)}${similar}\`?`
    }
  }
  if (wanted === "folder") {
    if (!stats.isDirectory()) {
      return { code: "not-a-file", message: `\`${written}\` is a file, but a folder is needed` }
    }
  } else if (stats.isDirectory()) {
    return { code: "not-a-file", message: `\`${written}\` is a folder, but a file is needed` }
  }
  if (wanted === "file" && !stats.isFile()) {
    return { code: "not-a-file", message: `\`${written}\` is not a regular file` }
  }
  try {
    accessSync(path, constants.R_OK)
  } catch (cause) {
    return {
      code: "unreadable-file",
      message: `\`${written}\` cannot be read: ${unreadableReason(cause)}`
    }
  }
  return undefined
}

const codeOf = (cause: unknown) => (cause as { readonly code?: string }).code

/** A NUL in a path or a name that is too long is the name of no file either. */
const isAbsence = (cause: unknown) =>
  ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "ERR_INVALID_ARG_VALUE"].includes(
    codeOf(cause) ?? ""
  )

const isAllowed = (path: string, { root, allowedPaths }: Permission): boolean => {
  const folders = [root, ...allowedPaths.map((allowed) => resolve(root, allowed))]
  // Both: the path as written must lead there, and so must what its symbolic links make of it.
  const real = realPath(path)
  return (
    folders.some((folder) => isBelow(path, folder) || isBelow(path, realPath(folder))) &&
    folders.some((folder) => isBelow(real, realPath(folder)))
  )
}

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** With symbolic links followed as far as the path exists. */
const realPath = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : resolve(realPath(parent), basename(path))
  }
}

const linkTarget = (path: string): string | undefined => {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** The pretrained model whose place this path is, by ablate's own manifests: `weights/NAME`, or below it. */
const manifestOf = (written: string): string | undefined => {
  const name = /^(?:\.\/)?weights\/([^/]+)/.exec(written)?.[1]
  if (name === undefined) return undefined
  // Beside the sources in a checkout, beside the built ones in a package.
  return existsSync(join(import.meta.dirname, "..", "..", "weights", `${name}.yaml`))
    ? name
    : undefined
}

const similarFile = (path: string): string | undefined => {
  try {
    return nearest(basename(path), readdirSync(dirname(path)))
  } catch {
    return undefined
  }
}
