/**
 * Where imports lead, for the bundler: to a local module under a name that does not depend on where the project lies, or
 * out of the bundle, to a package, a part of Node or the tensor engine.
 */
import type * as Esbuild from "esbuild"
import { realpathSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, extname, isAbsolute, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { type FileState, isFile, observe } from "./file-state.ts"
import { isInstalled, type ModuleNames, ownModule } from "./module-names.ts"
import { ancestors, type PackageImport, packageFinder, packageName } from "./packages.ts"

/** Marks local modules in esbuild's output: it writes `// namespace:name` above each piece. No source contains it. */
export const namespace = "ablate-local-module-5d1f0c83"
export const entryNamespace = "ablate-entry-5d1f0c83"

const enginePath = ownModule("engine/tf")
/**
 * What stages import as `ablate` is the ablate that runs them, whatever the project has installed
 * (`language/open-registry.ts`); what they use of it counts like the project's own modules.
 */
const publicPath = ownModule("index")
export const engineImport = "ablate:engine"

/** What is read and resolved during one build, by the names of the modules. */
export interface ModuleReader {
  readonly read: (name: string) => Buffer | undefined
  readonly stateOf: (name: string) => FileState | undefined
  readonly manifestsOf: (folder: string) => ReadonlyArray<FileState>
  readonly findPackage: (specifier: string, fromFolder: string) => PackageImport
}

export const moduleReader = (names: ModuleNames): ModuleReader => {
  const states = new Map<string, FileState>()
  const manifests = new Map<string, ReadonlyArray<FileState>>()
  return {
    read: (name) => {
      const observed = observe(names.pathOf(name))
      if (observed !== undefined) states.set(name, observed.state)
      return observed?.bytes
    },
    stateOf: (name) => states.get(name),
    // The nearest package.json says where `#src/*` leads.
    manifestsOf: (folder) => {
      let found = manifests.get(folder)
      if (found === undefined) {
        const nearest = ancestors(folder).find((at) => isFile(join(at, "package.json")))
        const manifest = nearest === undefined ? undefined : observe(join(nearest, "package.json"))
        manifests.set(folder, (found = manifest === undefined ? [] : [manifest.state]))
      }
      return found
    },
    findPackage: packageFinder()
  }
}

const resolving = Symbol("resolving")

export const localModules = (
  entries: ReadonlyArray<string>,
  names: ModuleNames,
  reader: ModuleReader
): Esbuild.Plugin => ({
  name: "local-modules",
  setup: (build) => {
    const resolved = new Map<string, Promise<Esbuild.OnResolveResult>>()
    /** Specifiers that a module imports for their effect alone, by the module's name. */
    const forEffect = new Map<string, ReadonlySet<string>>()

    build.onResolve({ filter: /.*/ }, (args) => {
      if (args.pluginData === resolving || args.path.startsWith("data:")) return undefined
      if (args.kind === "entry-point") return { path: args.path, namespace: entryNamespace }
      const sideEffects =
        forEffect.get(args.importer.replace(`${namespace}:`, ""))?.has(args.path) ?? false
      const key = [args.resolveDir, args.path, args.kind, sideEffects].join("\0")
      let result = resolved.get(key)
      if (result === undefined)
        resolved.set(key, (result = resolveImport(build, args, sideEffects)))
      return result
    })

    const resolveImport = async (
      build: Esbuild.PluginBuild,
      { kind, path: specifier, resolveDir }: Esbuild.OnResolveArgs,
      sideEffects: boolean
    ): Promise<Esbuild.OnResolveResult> => {
      const external = { path: specifier, external: true, sideEffects }
      const local = (path: string): Esbuild.OnResolveResult => {
        const real = realpathSync(path)
        return real === enginePath
          ? { path: engineImport, external: true, sideEffects: false }
          : { path: names.nameOf(real), namespace, sideEffects }
      }
      const written = specifier.startsWith("file:") ? fileURLToPath(specifier) : specifier
      if (/^\.{0,2}\//.test(written) || isAbsolute(written)) {
        const path = resolve(resolveDir, written)
        if (isFile(path)) return local(path)
      } else if (!specifier.startsWith("#")) {
        if (specifier === "ablate") return local(publicPath)
        if (isBuiltin(specifier)) return external
        const found = reader.findPackage(specifier, resolveDir)
        if (found.kind === "installed") return external
      }
      const result = await build.resolve(specifier, { kind, resolveDir, pluginData: resolving })
      if (result.errors.length === 0 && !result.external) {
        return isInstalled(result.path) ? external : local(result.path)
      }
      // Code may try whether an optional package is there; a static import of a missing one cannot be loaded.
      if (!/^[.#/]/.test(specifier) && kind !== "import-statement") return external
      return {
        errors: [
          {
            text: /^[.#/]/.test(specifier)
              ? `there is no module "${specifier}"`
              : `the package "${packageName(specifier)}" is not installed`
          }
        ]
      }
    }

    // What a stage's module exports besides its definition is unused code too.
    build.onLoad({ filter: /.*/, namespace: entryNamespace }, ({ path }) => ({
      contents: `export { default } from ${JSON.stringify(entries[Number(path)])}`,
      loader: "js",
      resolveDir: dirname(entries[Number(path)] as string)
    }))

    build.onLoad({ filter: /.*/, namespace }, ({ path: name }) => {
      const contents = reader.read(name)
      if (contents === undefined) return { errors: [{ text: `${names.shown(name)} is gone` }] }
      const path = names.pathOf(name)
      forEffect.set(name, importedForEffect(contents.toString("utf8")))
      return { contents, loader: loaders[extname(path)] ?? "binary", resolveDir: dirname(path) }
    })
  }
})

const loaders: { readonly [extension: string]: Esbuild.Loader } = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".json": "json"
}

const importedForEffect = (source: string): ReadonlySet<string> =>
  new Set(
    [...source.matchAll(/\bimport\s*["']([^"'\n]+)["']/g)].map(
      ([, specifier]) => specifier as string
    )
  )
