/** An esbuild plugin: everything in the bundle shares one copy of tfjs-core, the one that the specs import by relative paths. */
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { type Plugin } from "esbuild"
import { linkKey } from "./link.ts"

const checkout = path.join(import.meta.dirname, "..", "..")

/**
 * - Our engine loads `@tensorflow/tfjs` with `createRequire` when it is first used; in the bundle the call becomes a
 *   `require` that esbuild resolves. All that it gets is tfjs-core: gradients and chained ops are registered by `prepare`.
 * - Other packages that our sources import stay outside the bundle, because of native libraries.
 * - Each file of specs says its name before it registers its suites.
 * - `jasmine_util` wants a private copy of Jasmine by a path that Jasmine >= 6 no longer exports, to set a timeout on it.
 */
export const oneTensorFlow: Plugin = {
  name: "one-tensorflow",
  setup: (build) => {
    build.onResolve({ filter: /^@tensorflow\/tfjs$/ }, ({ importer, kind, resolveDir }) =>
      build.resolve("@tensorflow/tfjs-core", { importer, kind, resolveDir })
    )
    build.onResolve({ filter: /^jasmine-core\// }, () => ({
      path: "jasmine-core",
      namespace: "stub"
    }))
    build.onLoad({ filter: /./, namespace: "stub" }, () => ({
      contents: "module.exports = { core: () => ({}) }"
    }))
    build.onResolve({ filter: /^[^.#/]/ }, ({ importer, path: name }) =>
      isOurs(importer) && !name.startsWith("@tensorflow/")
        ? { path: name, external: true }
        : undefined
    )
    build.onLoad({ filter: /\.ts$/ }, ({ path: file }) =>
      isOurs(file) ? { contents: withBundledLibrary(file), loader: "ts" } : undefined
    )
    build.onLoad({ filter: /[\\/]tfjs-core[\\/]dist[\\/].*_test\.js$/ }, ({ path: file }) => ({
      contents: withName(file)
    }))
  }
}

const isOurs = (file: string) =>
  file.startsWith(checkout + path.sep) && !file.includes(`${path.sep}node_modules${path.sep}`)

/** CommonJS has no `import.meta`; and a `require` made from it is outside the bundle. */
const withBundledLibrary = (file: string) =>
  readFileSync(file, "utf8")
    .replaceAll(
      /createRequire\(import\.meta\.url\)\(\s*("@tensorflow\/[^"]+")\s*\)/g,
      "require($1)"
    )
    .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(file).href))
    .replaceAll("import.meta.dirname", JSON.stringify(path.dirname(file)))

const withName = (file: string) => {
  const [, name = file] = /tfjs-core[\\/]dist[\\/](.*)_test\.js$/.exec(file) ?? []
  const call = `globalThis[Symbol.for("${linkKey}")].enterFile(${JSON.stringify(name.replaceAll("\\", "/"))});`
  return call + readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n")
}
