/** The programs and libraries that results depend on. */
import { readFileSync } from "node:fs"
import { createRequire, findPackageJSON } from "node:module"
import { ablateVersion } from "../../base/version.ts"
import type { Finding } from "./check.ts"

const require = createRequire(import.meta.url)

export const checkVersions = async (): Promise<ReadonlyArray<Finding>> => [
  { name: "ablate", status: "ok", text: `ablate ${ablateVersion()}` },
  checkNode(process.versions.node),
  ...["effect", "esbuild", "yaml", "@tensorflow/tfjs", "onnxruntime-node"].map(checkPackage),
  await checkSharp()
]

/** Node 24.11 is the first with everything that ablate calls; `package.json` says the same to npm. */
const checkNode = (version: string): Finding => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const recent = major > 24 || (major === 24 && minor >= 11)
  return recent
    ? { name: "node", status: "ok", text: `Node ${version}` }
    : {
        name: "node",
        status: "problem",
        text: `Node ${version} is too old`,
        hint: "ablate needs Node 24.11 or newer; `npm install` in ablate's checkout brings its own"
      }
}

const checkPackage = (name: string): Finding => {
  const version = versionOf(name)
  return version === undefined ? missing(name) : { name, status: "ok", text: `${name} ${version}` }
}

const missing = (name: string): Finding => ({
  name,
  status: "problem",
  text: `${name} is not installed`,
  hint: "run `npm install` again"
})

/** From the package's own file, without loading the package. */
const versionOf = (name: string): string | undefined => {
  const file = findPackageJSON(name, import.meta.url)
  if (file === undefined) return undefined
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version
}

/** sharp is the one package with machine code of its own, so only loading it tells whether it works here. */
const checkSharp = async (): Promise<Finding> => {
  if (versionOf("sharp") === undefined) return missing("sharp")
  try {
    const { versions } = require("sharp") as { readonly versions: { readonly vips: string } }
    return {
      name: "sharp",
      status: "ok",
      text: `sharp ${versionOf("sharp")}, libvips ${versions.vips}`
    }
  } catch (error) {
    const [line = ""] = String(error instanceof Error ? error.message : error).split("\n")
    return {
      name: "sharp",
      status: "problem",
      text: `sharp cannot be loaded: ${line}`,
      hint: "install again on this machine (`npm install --os=... --cpu=...` when it was copied from another one)"
    }
  }
}
