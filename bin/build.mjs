/**
 * Builds `dist/` for the published package: Node strips types everywhere but below `node_modules`, so an installed
 * ablate needs JavaScript. The layout stays that of the sources; `#src/*` resolves through `dist/package.json`.
 */
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { transformSync } from "esbuild"

const { name, version } = JSON.parse(readFileSync("package.json", "utf8"))
rmSync("dist", { recursive: true, force: true })

const localTypeScript = /(\bfrom |\bimport\(|\bimport )"((?:\.{1,2}|#src)\/[^"]*)\.ts"/g
for (const folder of ["src", "stages"]) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  for (const file of files.filter((path) => path.endsWith(".ts"))) {
    const source = readFileSync(join(folder, file), "utf8")
    const { code } = transformSync(source, { loader: "ts", format: "esm", target: "node24" })
    const built = join("dist", folder, file.replace(/\.ts$/, ".js"))
    mkdirSync(dirname(built), { recursive: true })
    writeFileSync(built, code.replaceAll(localTypeScript, '$1"$2.js"'))
  }
}
// Manifests only: what was downloaded or linked lies beside them in a checkout.
mkdirSync("dist/weights")
for (const file of readdirSync("weights").filter((path) => path.endsWith(".yaml"))) {
  cpSync(join("weights", file), join("dist", "weights", file))
}
writeFileSync(
  "dist/package.json",
  `${JSON.stringify({ name, version, private: true, type: "module", imports: { "#src/*.ts": "./src/*.js", "#src/*": "./src/*" } }, null, 2)}\n`
)

const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"]
execFileSync(process.execPath, compiler, { stdio: "inherit" })
