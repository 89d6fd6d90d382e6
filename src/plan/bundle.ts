/**
 * What the code of stages amounts to: each stage's module with its local imports, tree-shaken by esbuild and cut into one
 * piece a module.
 *
 * A module counts by what the stage uses of it. Its unused functions are gone, and so is a module of which only unused
 * functions were imported, with whatever it does when it is loaded; only an import for its effect alone
 * (`import "./register.ts"`) keeps those. Packages and the tensor engine stay imports: their identity is their version,
 * and the engine's the numerics class.
 */
import type * as Esbuild from "esbuild"
import { basename, dirname, join, resolve } from "node:path"
import { UserError } from "../base/user-error.ts"
import { withEsbuild } from "./esbuild-service.ts"
import { type FileState, observe } from "./file-state.ts"
import {
  engineImport,
  entryNamespace,
  localModules,
  type ModuleReader,
  moduleReader,
  namespace
} from "./local-modules.ts"
import { type ModuleNames, moduleNames } from "./module-names.ts"
import { packageName } from "./packages.ts"

/** What tree-shaking left of one module, in the order of execution; a module may have several pieces. */
export interface Piece {
  /** As shown to people; absent for esbuild's helper functions. */
  readonly module: string | undefined
  /** Without comments and white space. */
  readonly text: string
}

export interface Bundle {
  readonly pieces: ReadonlyArray<Piece>
  /** Files that the code names by `new URL("./file", import.meta.url)`, as shown to people. */
  readonly assets: ReadonlyArray<{ readonly name: string; readonly state: FileState }>
  readonly packages: { readonly [name: string]: string }
  readonly tensors: boolean
  /** Everything that was read to find this out. */
  readonly files: ReadonlyArray<FileState>
}

const marker = new RegExp(`^// ${namespace}:(.*)$`, "gm")
const markerStatement = new RegExp(`"${namespace}:([^"\\n]*)";?`)

/**
 * Bundles each entry module by itself; modules that several share are read and parsed once.
 *
 * @param entries absolute paths
 * @returns in the order of the entries
 * @throws UserError with `file:line:column` for source that does not parse or an import that leads nowhere
 */
export const bundleModules = (
  entries: ReadonlyArray<string>,
  root: string
): Promise<ReadonlyArray<Bundle>> =>
  withEsbuild(async (esbuild) => {
    const names = moduleNames(root)
    const reader = moduleReader(names)
    const { metafile, outputFiles } = await build(esbuild, entries, root, names, reader)
    const textOf = new Map(outputFiles.map((file) => [basename(file.path), file.text]))
    return Promise.all(
      entries.map(async (_, index) => {
        const text = textOf.get(`${index}.js`)
        const output = Object.entries(metafile.outputs).find(
          ([path]) => path.endsWith(`/${index}.js`) || path === `${index}.js`
        )?.[1]
        if (text === undefined || output === undefined)
          throw new Error(`esbuild made no output ${index}`)
        return describe(
          await cut(esbuild, text),
          `${entryNamespace}:${index}`,
          metafile,
          output,
          names,
          reader
        )
      })
    )
  })

const build = async (
  esbuild: typeof Esbuild,
  entries: ReadonlyArray<string>,
  root: string,
  names: ModuleNames,
  reader: ModuleReader
) => {
  try {
    return await esbuild.build({
      entryPoints: entries.map((_, index) => ({ in: String(index), out: String(index) })),
      absWorkingDir: root,
      outdir: join(root, "bundles"),
      bundle: true,
      format: "esm",
      platform: "node",
      treeShaking: true,
      legalComments: "none",
      write: false,
      metafile: true,
      logLevel: "silent",
      // Node strips types and reads no tsconfig: nor must the fingerprint depend on one.
      tsconfigRaw: {},
      plugins: [localModules(entries, names, reader)]
    })
  } catch (cause) {
    if (!isBuildFailure(cause)) throw cause
    throw new UserError(cause.errors.map((error) => showError(error, names)).join("\n"), {
      hint: "mend the stage's source; nothing was run",
      cause
    })
  }
}

const isBuildFailure = (cause: unknown): cause is Esbuild.BuildFailure =>
  cause instanceof Error && Array.isArray((cause as Partial<Esbuild.BuildFailure>).errors)

const showError = (error: Esbuild.Message, names: ModuleNames): string => {
  const text = error.text.replaceAll(`${namespace}:`, "")
  const { location } = error
  if (location === null) return text
  const name = location.file.replace(`${namespace}:`, "")
  return `${names.shown(name)}:${location.line}:${location.column + 1}: ${text}`
}

/** Splits esbuild's output at its markers, which become statements while comments and white space are removed. */
const cut = async (
  esbuild: typeof Esbuild,
  text: string
): Promise<ReadonlyArray<{ readonly name: string | undefined; readonly text: string }>> => {
  const { code } = await esbuild.transform(
    text.replace(marker, (_, name: string) => `${JSON.stringify(`${namespace}:${name}`)};`),
    {
      loader: "js",
      format: "esm",
      minifyWhitespace: true,
      minifySyntax: false,
      legalComments: "none",
      // Leaves out `/* @__PURE__ */`, which is a comment too.
      ignoreAnnotations: true,
      tsconfigRaw: {}
    }
  )
  const [preamble = "", ...rest] = code.split(markerStatement)
  return [
    { name: undefined, text: preamble.trim() },
    ...Array.from({ length: rest.length / 2 }, (_, index) => ({
      name: rest[2 * index],
      text: (rest[2 * index + 1] ?? "").trim()
    }))
  ].filter(({ text }) => text !== "")
}

const describe = (
  pieces: ReadonlyArray<{ readonly name: string | undefined; readonly text: string }>,
  entry: string,
  metafile: Esbuild.Metafile,
  output: Esbuild.Metafile["outputs"][string],
  names: ModuleNames,
  reader: ModuleReader
): Bundle => {
  const reached = reachedFrom(entry, metafile)
  refuseComputedImports(pieces, names.shown(reached[0] ?? entry))
  const files = new Map<string, FileState>()
  const addFile = (state: FileState) => void files.set(state.path, state)
  for (const name of reached) {
    const state = reader.stateOf(name)
    if (state !== undefined) addFile(state)
    for (const manifest of reader.manifestsOf(dirname(names.pathOf(name)))) addFile(manifest)
  }

  const used = new Set(
    output.imports.filter(({ external }) => external === true).map(({ path }) => path)
  )
  const versions = new Map<string, Set<string>>()
  for (const name of reached) {
    for (const { external, path } of metafile.inputs[`${namespace}:${name}`]?.imports ?? []) {
      if (external !== true || path === engineImport) continue
      const found = reader.findPackage(path, dirname(names.pathOf(name)))
      // An unused package decides nothing, but a new version of it might be linked source: look again then.
      if (found.kind === "installed") addFile(found.manifest)
      if (found.kind === "builtin" || !used.has(path)) continue
      const version = found.kind === "installed" ? found.version : "not installed"
      const key = packageName(path)
      versions.set(key, (versions.get(key) ?? new Set()).add(version))
    }
  }

  const assets = new Map<string, FileState>()
  for (const { name, text } of pieces) {
    if (name === undefined) continue
    for (const path of assetsNamedIn(text, dirname(names.pathOf(name)))) {
      const observed = observe(path)
      if (observed === undefined) continue
      assets.set(names.shown(names.nameOf(path)), observed.state)
      addFile(observed.state)
    }
  }

  return {
    pieces: pieces.map(({ name, text }) => ({
      module: name === undefined ? undefined : names.shown(name),
      text
    })),
    assets: [...assets]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, state]) => ({ name, state })),
    packages: Object.fromEntries(
      [...versions]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, all]) => [name, [...all].toSorted().join(" and ")])
    ),
    tensors: used.has(engineImport),
    files: [...files.values()]
  }
}

/** What such an import leads to is known only when it runs: code that decides the result would be missing from the key. */
const refuseComputedImports = (
  pieces: ReadonlyArray<{ readonly text: string }>,
  stage: string
): void => {
  for (const { text } of pieces) {
    // A string may speak of imports: only code counts, and esbuild writes a plain name in quotes.
    const code = text.replaceAll(/(["'])(?:(?!\1)[^\\\n]|\\.)*\1/g, '""')
    // Of a path with a fixed beginning esbuild makes a table of the files that it finds, `globImport_…`.
    if (!/\bimport\((?!"")|\bglobImport_\w+\(/.test(code)) continue
    throw new UserError(
      `${stage}, or a module that it uses, imports a module by a name that it computes`,
      {
        hint: 'write the name out, `import("./a.ts")`, once for each module that it may be: otherwise a change of its code would go unnoticed'
      }
    )
  }
}

/** Names of the local modules that the entry's module imports, directly or not, used or not. */
const reachedFrom = (entry: string, metafile: Esbuild.Metafile): ReadonlyArray<string> => {
  const reached = new Set<string>()
  const pending = [entry]
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    for (const { external, path } of metafile.inputs[key]?.imports ?? []) {
      if (external === true || reached.has(path)) continue
      reached.add(path)
      pending.push(path)
    }
  }
  return [...reached]
    .filter((path) => path.startsWith(`${namespace}:`))
    .map((path) => path.slice(namespace.length + 1))
}

const assetsNamedIn = (text: string, folder: string): ReadonlyArray<string> =>
  [...text.matchAll(/new URL\(["'`](\.{1,2}\/[^"'`$]+)["'`],import\.meta\.url\)/g)].map(
    ([, path]) => resolve(folder, path as string)
  )
