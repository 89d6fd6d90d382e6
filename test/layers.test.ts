/** The house keeps its order: each room imports only from the rooms below it. Cycles are the linter's business. */
import { assert, describe, it } from "vitest"
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"

/** From the bottom up. A room may import the rooms named before it, and itself. */
const rooms = [
  "base",
  "safetensors",
  "values",
  "tensor-files",
  "text",
  "engine",
  "download",
  "data",
  "pretrained",
  "models",
  "training",
  "diffusion",
  "figures",
  "stage.ts",
  "store",
  "language",
  "plan",
  "run",
  "report",
  "cli"
]
/** What a stage may use: everything up to how a stage is defined. */
const forStages = new Set(rooms.slice(0, rooms.indexOf("stage.ts") + 1))

const root = path.join(import.meta.dirname, "..")
const sources = (folder: string) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => path.join(folder, name))

/** Paths below the project that a file imports, statically, dynamically, or for types. */
const importsOf = (file: string): ReadonlyArray<string> => {
  const text = readFileSync(path.join(root, file), "utf8")
  const found = text.matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g)
  return [...found].flatMap(([, target = ""]) => {
    if (target.startsWith("#src/")) return [`src/${target.slice("#src/".length)}`]
    if (target.startsWith(".")) return [path.join(path.dirname(file), target)]
    return []
  })
}
const roomOf = (file: string) => file.split(path.sep)[1] ?? ""

describe("the layers", () => {
  it("name every room there is", () => {
    const entries = readdirSync(path.join(root, "src"), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
    assert.deepStrictEqual(
      folders.filter((name) => !rooms.includes(name)),
      []
    )
  })

  it("import downward only", () => {
    const upward = sources("src").flatMap((file) => {
      const from = rooms.indexOf(roomOf(file))
      if (from < 0) return []
      return importsOf(file)
        .filter((target) => !target.startsWith("src") || rooms.indexOf(roomOf(target)) > from)
        .map((target) => `${file} imports ${target}`)
    })
    assert.deepStrictEqual(upward, [])
  })

  it("let stages use only what a stage may know", () => {
    const beyond = sources("stages").flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith("stages") && !forStages.has(roomOf(target)))
        .map((target) => `${file} imports ${target}`)
    )
    assert.deepStrictEqual(beyond, [])
  })

  it("keep the terminal in the command line's rooms", () => {
    // A worker's output is not the terminal: it is turned into the stage's log there.
    const capturing = path.join("src", "run", "worker.ts")
    const printing = sources("src").filter(
      (file) =>
        file !== capturing &&
        !["cli", "bin.ts"].includes(roomOf(file)) &&
        /\bconsole\.|process\.stdout|process\.stderr/.test(
          readFileSync(path.join(root, file), "utf8")
        )
    )
    assert.deepStrictEqual(printing, [])
  })
})
