/**
 * Names for source files that are the same wherever the project lies: relative to the project, or to ablate itself.
 * They enter bundles and messages, so that moving a project changes neither.
 */
import { realpathSync } from "node:fs"
import { dirname, extname, isAbsolute, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of ablate's own `package.json`. */
export const ablateRoot: string = realpathSync(
  dirname(dirname(dirname(fileURLToPath(import.meta.url))))
)

/** A file of ablate itself; `name` as in the checkout, below `src/`, without its extension. */
export const ownModule = (name: string): string =>
  join(ablateRoot, "src", `${name}${extname(import.meta.filename)}`)

/** Whether a file belongs to an installed package, other than to ablate itself. */
export const isInstalled = (path: string): boolean =>
  (isInside(path, ablateRoot) ? relative(ablateRoot, path) : path)
    .split(sep)
    .includes("node_modules")

export interface ModuleNames {
  /** `ablate:src/base/json.ts` for a file of ablate, `stages/blur.ts` for one of the project; unique. */
  readonly nameOf: (path: string) => string
  readonly pathOf: (name: string) => string
  /** For people: without `ablate:` when ablate itself is the project. */
  readonly shown: (name: string) => string
}

const ownPrefix = "ablate:"

/** @param root the project's folder; a project may lie inside ablate's folder, as its examples do */
export const moduleNames = (root: string): ModuleNames => {
  const project = realpathSync(root)
  const paths = new Map<string, string>()
  const projectIsInner = project !== ablateRoot && isInside(project, ablateRoot)
  const nameOf = (path: string): string => {
    const isOwn = isInside(path, ablateRoot) && !(projectIsInner && isInside(path, project))
    const below = relative(isOwn ? ablateRoot : project, path)
      .split(sep)
      .join("/")
    const name = isOwn ? `${ownPrefix}${below}` : below
    paths.set(name, path)
    return name
  }
  return {
    nameOf,
    pathOf: (name) => {
      const path = paths.get(name)
      if (path === undefined) throw new TypeError(`no module was named ${name}`)
      return path
    },
    shown: (name) =>
      project === ablateRoot && name.startsWith(ownPrefix) ? name.slice(ownPrefix.length) : name
  }
}

const isInside = (path: string, folder: string): boolean => {
  const below = relative(folder, path)
  return below !== ".." && !below.startsWith(`..${sep}`) && !isAbsolute(below)
}
