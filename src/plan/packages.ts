/** Where the import of a package leads: an installed package with a version, or source code that is merely linked. */
import { realpathSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { UserError } from "../base/user-error.ts"
import { type FileState, isFile, observe } from "./file-state.ts"
import { ablateRoot, isInstalled } from "./module-names.ts"

export type PackageImport =
  /** A part of Node, which is not part of any fingerprint. */
  | { readonly kind: "builtin" }
  | {
      readonly kind: "installed"
      readonly name: string
      readonly version: string
      /** The `package.json` that says so. */
      readonly manifest: FileState
    }
  /** Not under `node_modules` in truth: its files count as the project's own. */
  | { readonly kind: "linked" }
  | { readonly kind: "missing"; readonly name: string }

/** `effect/Schema` → `effect`, `@tensorflow/tfjs` → itself. */
export const packageName = (specifier: string): string =>
  specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")

/** Finds packages as Node does, from the importing folder upwards; remembers what it found. */
export const packageFinder = (): ((specifier: string, fromFolder: string) => PackageImport) => {
  const found = new Map<string, PackageImport>()
  return (specifier, fromFolder) => {
    if (isBuiltin(specifier)) return { kind: "builtin" }
    const name = packageName(specifier)
    const key = `${fromFolder}\0${name}`
    let result = found.get(key)
    if (result === undefined) found.set(key, (result = findPackage(name, fromFolder)))
    return result
  }
}

const findPackage = (name: string, fromFolder: string): PackageImport => {
  // A package that ablate brings along serves projects that have not installed it themselves.
  for (const folder of [...ancestors(fromFolder), ...ancestors(ablateRoot)]) {
    const manifestPath = join(folder, "node_modules", name, "package.json")
    if (!isFile(manifestPath)) continue
    const real = realpathSync(manifestPath)
    if (!isInstalled(real)) return { kind: "linked" }
    const manifest = observe(real)
    if (manifest === undefined) break
    return {
      kind: "installed",
      name,
      version: versionIn(manifest.bytes, real),
      manifest: manifest.state
    }
  }
  return { kind: "missing", name }
}

const versionIn = (bytes: Buffer, path: string): string => {
  let manifest: unknown
  try {
    manifest = JSON.parse(bytes.toString("utf8"))
  } catch (cause) {
    throw new UserError(`${path} is not JSON`, { hint: "install the package again", cause })
  }
  const version = (manifest as { version?: unknown } | null)?.version
  return typeof version === "string" ? version : "no version"
}

/** The folder and all above it, innermost first. */
export const ancestors = (folder: string): ReadonlyArray<string> => {
  const folders = [folder]
  for (let at = folder; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at))
  return folders
}
