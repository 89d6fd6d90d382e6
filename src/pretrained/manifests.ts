/** Where manifests lie: in the project's `weights/`, then in those that ablate itself brings. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { nearest } from "../base/nearest.ts"
import { unreadableReason } from "../base/unreadable-reason.ts"
import { UserError } from "../base/user-error.ts"
import { decodeManifest, type Manifest } from "./manifest.ts"

/** In a checkout beside `src/`, and as much in what was built. */
const ownFolder = fileURLToPath(new URL("../../weights/", import.meta.url))

const ending = ".yaml"
const namePattern = /^[a-z0-9][a-z0-9._-]*$/

/** The models that there are manifests of, in alphabetical order; one of the project goes before ablate's of that name. */
export const manifestNames = (root: string): ReadonlyArray<string> => [...filesIn(root).keys()]

/** @throws UserError when there is no such model, or its manifest is wrong */
export const readManifest = (name: string, root: string): Manifest => {
  const files = filesIn(root)
  const path = files.get(name)
  if (path === undefined) {
    const close = nearest(name, files.keys())
    throw new UserError(`there is no pretrained model "${name}"`, {
      hint:
        close === undefined
          ? `there are ${[...files.keys()].join(", ")}`
          : `did you mean ${close}? \`ablate weights list\` shows all`
    })
  }
  let source
  try {
    source = readFileSync(path, "utf8")
  } catch (cause) {
    throw new UserError(`${path} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return decodeManifest(name, source, path)
}

const filesIn = (root: string): ReadonlyMap<string, string> => {
  const found = [ownFolder, join(root, "weights")].flatMap((folder) =>
    namesIn(folder).map((name) => [name, join(folder, `${name}${ending}`)] as const)
  )
  return new Map(found.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  let files
  try {
    files = readdirSync(folder)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return []
    throw new UserError(`${folder} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .filter((name) => namePattern.test(name))
}
