/** tfjs-core's specs are ES modules without file extensions, which Node cannot load: they are bundled, with a backend. */
import { mkdirSync, rmSync } from "node:fs"
import * as path from "node:path"
import { build } from "esbuild"
import { oneTensorFlow } from "./one-tensorflow.ts"

const checkout = path.join(import.meta.dirname, "..", "..")

/**
 * Bundles the specs behind `backends/NAME.ts`.
 *
 * @returns the bundle's path, below node_modules so that native packages are found from it; removed when the process ends
 */
export const bundleSuite = async (backend: string): Promise<string> => {
  const folder = path.join(checkout, "node_modules", ".cache", "ablate-tfjs-suite")
  mkdirSync(folder, { recursive: true })
  const outfile = path.join(folder, `${backend}-${process.pid}.cjs`)
  process.on("exit", () => rmSync(outfile, { force: true }))
  await build({
    stdin: {
      // The backend comes first: the specs ask for the test environments while they are imported.
      contents: `import "./backends/${backend}.ts"\nimport "@tensorflow/tfjs-core/dist/tests"`,
      resolveDir: import.meta.dirname
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    // The CommonJS entry of tfjs-core is another copy of it; the specs import its ES modules.
    mainFields: ["module", "main"],
    // Its package.json says that importing the specs has no effect.
    ignoreAnnotations: true,
    logLevel: "error",
    plugins: [oneTensorFlow]
  })
  return outfile
}
