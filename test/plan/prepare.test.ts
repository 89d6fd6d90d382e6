import {
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { checkPipeline } from "../../src/language/check.ts"
import { rememberedFingerprints } from "../../src/plan/code-cache.ts"
import { ablateRoot } from "../../src/plan/module-names.ts"
import { type Prepared, prepare, type PrepareRequest } from "../../src/plan/prepare.ts"
import { temporaryProject, type TemporaryProject } from "./temporary-project.ts"

const stage = (body: string, imports = "") => `import { Schema } from "effect"
import { defineStage, port } from ${JSON.stringify(join(ablateRoot, "src/stage.ts"))}
${imports}
export default defineStage({
  summary: "Writes a table.",
  params: Schema.Struct({ rows: Schema.Int, file: Schema.optionalKey(Schema.String) }),
  files: ["file"],
  inputs: { table: port("Table", { description: "a table", optional: true }) },
  outputs: { table: port("Table", { description: "a table" }) },
  example: "",
  run: () => ${body}
})
`

const files = {
  "package.json": `{ "type": "module" }`,
  "src/rows.ts": `export const rows = () => ({ type: "Table", columns: [], rows: [] })\n`,
  "stages/table/make.ts": stage("({ table: rows() })", `import { rows } from "../../src/rows.ts"`),
  "stages/table/copy.ts": stage("({ table: undefined })"),
  "data.txt": "data",
  "more.yaml": `rows: 3\n`,
  "pipelines/p.yaml": `name: p
params: { rows: 2, unused: 1 }
stages:
  one: { uses: table/make, with: { rows: "\${params.rows}", file: data.txt } }
  two: { uses: table/copy, in: { table: one.table }, with: { rows: 1 } }
`
}

interface Opened {
  readonly project: TemporaryProject
  /** Prepares, and says how often the pipeline was checked. */
  readonly open: (
    changes?: Partial<PrepareRequest>
  ) => Promise<{ readonly prepared: Prepared; readonly checks: number }>
}

const opened = (): Opened => {
  const project = temporaryProject(files)
  symlinkSync(join(ablateRoot, "node_modules"), project.path("node_modules"))
  project.settle()
  const open: Opened["open"] = async (changes = {}) => {
    let checks = 0
    const request: PrepareRequest = {
      root: project.root,
      cwd: project.root,
      file: "pipelines/p.yaml",
      set: [],
      paramsFiles: [],
      allowedPaths: [],
      registry: project.registry(),
      store: project.store,
      ...changes
    }
    const prepared = await prepare(request, (request) => {
      checks += 1
      return checkPipeline(request)
    })
    return { prepared, checks }
  }
  return { project, open }
}

/** All that can be compared of what was prepared. */
const contentOf = ({ code, diagnostics, pipeline, sources }: Prepared) => ({
  pipeline,
  diagnostics,
  code: Object.fromEntries(code),
  sources: sources.map(({ path, shown, text }) => ({ path, shown, text }))
})

const checkedFiles = (project: TemporaryProject) =>
  readdirSync(project.path("artifacts/cache/checked"))

describe("a prepared pipeline", () => {
  it("is checked once, and the same when it is read back", async () => {
    const { open } = opened()
    const first = await open()
    expect(first.prepared.diagnostics.map(({ code, severity }) => [severity, code])).toEqual([
      ["warning", "unused-param"]
    ])
    expect(first.prepared.pipeline?.instances.map(({ id }) => id)).toEqual(["one", "two"])
    expect([...first.prepared.code.keys()].toSorted()).toEqual(["table/copy", "table/make"])
    const second = await open()
    expect([first.checks, second.checks]).toEqual([1, 0])
    expect(contentOf(second.prepared)).toEqual(contentOf(first.prepared))
  })

  it("describes its code in the store", async () => {
    const { open, project } = opened()
    const { code } = (await open()).prepared
    for (const description of code.values()) {
      expect(project.store.code.get(description.fingerprint)).toEqual(description)
    }
  })

  it.each<[string, (project: TemporaryProject) => void]>([
    [
      "the pipeline",
      (project) =>
        project.write("pipelines/p.yaml", files["pipelines/p.yaml"].replace("rows: 1", "rows: 7"))
    ],
    [
      "a stage",
      (project) =>
        project.write(
          "stages/table/copy.ts",
          files["stages/table/copy.ts"].replace("undefined", "null")
        )
    ],
    [
      "a helper of a stage",
      (project) => project.write("src/rows.ts", files["src/rows.ts"].replace("[]", "['a']"))
    ],
    [
      "the project's package.json",
      (project) => project.write("package.json", `{ "type": "module", "imports": {} }`)
    ],
    [
      "the stages that there are",
      (project) => project.write("stages/table/third.ts", stage("({})"))
    ]
  ])("is checked again when %s changes", async (_, change) => {
    const { open, project } = opened()
    await open()
    change(project)
    expect((await open()).checks).toBe(1)
    expect((await open()).checks).toBe(0)
  })

  it("is checked again when a file that a parameter names is gone", async () => {
    const { open, project } = opened()
    await open()
    project.write("data.txt", "other data")
    expect((await open()).checks).toBe(0)
    project.remove("data.txt")
    const { checks, prepared } = await open()
    expect(checks).toBe(1)
    expect(prepared.pipeline).toBeUndefined()
    expect(prepared.diagnostics.map(({ code }) => code)).toContain("missing-file")
    expect(prepared.codeUnchanged("table/make")).toBe(false)
  })

  it("is checked again when a file of it cannot be looked at any more", async () => {
    const { open, project } = opened()
    await open()
    project.remove("pipelines/p.yaml")
    symlinkSync("p.yaml", project.path("pipelines/p.yaml"))
    await expect(open()).rejects.toThrow(/^`pipelines\/p.yaml` is a symbolic link to/)
  })

  it("is known for each combination of values from the command line", async () => {
    const { open, project } = opened()
    await open()
    const set = await open({ set: ["params.rows=9"] })
    expect(set.checks).toBe(1)
    expect(set.prepared.pipeline?.params).toMatchObject({ rows: 9 })
    expect((await open({ set: ["params.rows=9"] })).checks).toBe(0)
    const paramsFiles = [project.path("more.yaml")]
    const more = await open({ paramsFiles })
    expect(more.prepared.pipeline?.params).toMatchObject({ rows: 3 })
    expect((await open({ paramsFiles })).checks).toBe(0)
    project.write("more.yaml", `rows: 4\n`)
    expect((await open({ paramsFiles })).prepared.pipeline?.params).toMatchObject({ rows: 4 })
  })

  it("is known after files were only touched, and remembers that", async () => {
    const { open, project } = opened()
    await open()
    const earlier = new Date(Date.now() - 5000)
    utimesSync(project.path("src/rows.ts"), earlier, earlier)
    const [name] = checkedFiles(project)
    const file = project.path(`artifacts/cache/checked/${name}`)
    const before = readFileSync(file, "utf8")
    expect((await open()).checks).toBe(0)
    expect(readFileSync(file, "utf8")).not.toBe(before)
  })

  it("notices a change that leaves size and time as they were", async () => {
    const { open, project } = opened()
    project.write("src/rows.ts", files["src/rows.ts"])
    const { mtime } = statSync(project.path("src/rows.ts"))
    await open()
    project.write("src/rows.ts", files["src/rows.ts"].replace("[]", "{}"))
    utimesSync(project.path("src/rows.ts"), mtime, mtime)
    expect((await open()).checks).toBe(1)
  })

  it("is not remembered while it has errors", async () => {
    const { open, project } = opened()
    project.write("pipelines/p.yaml", files["pipelines/p.yaml"].replace("one.table", "none.table"))
    for (const _ of [1, 2]) {
      const { checks, prepared } = await open()
      expect(checks).toBe(1)
      expect(prepared.pipeline).toBeUndefined()
      expect(prepared.diagnostics.some(({ severity }) => severity === "error")).toBe(true)
    }
  })

  it("is checked again when its cache is damaged, and remembered again", async () => {
    const damage: ReadonlyArray<(file: string) => void> = [
      (file) => truncateSync(file, 100),
      (file) => truncateSync(file, 0),
      (file) => writeFileSync(file, readFileSync(file, "utf8").replace(`"rows":2`, `"rows":3`)),
      (file) => writeFileSync(file, "\n\n\n")
    ]
    for (const harm of damage) {
      const { open, project } = opened()
      await open()
      for (const kind of ["checked", "code"]) {
        const folder = project.path(`artifacts/cache/${kind}`)
        for (const name of readdirSync(folder)) harm(join(folder, name))
      }
      const { checks, prepared } = await open()
      expect(checks).toBe(1)
      expect(prepared.pipeline?.params).toMatchObject({ rows: 2 })
      expect((await open()).checks).toBe(0)
    }
  })

  it("keeps at most fifty, those in use", async () => {
    const { open, project } = opened()
    await open()
    const [first] = checkedFiles(project)
    for (let index = 0; index < 60; index++) {
      writeFileSync(project.path(`artifacts/cache/checked/old${index}.json`), "")
      const past = new Date(Date.now() - 1000 * (100 + index))
      utimesSync(project.path(`artifacts/cache/checked/old${index}.json`), past, past)
    }
    await open({ set: ["params.rows=5"] })
    const kept = checkedFiles(project)
    expect(kept).toHaveLength(50)
    expect(kept).toContain(first)
    expect(kept).not.toContain("old59.json")
  })

  it("is prepared by several at once", async () => {
    const { open } = opened()
    const all = await Promise.all([1, 2, 3].map(() => open()))
    const [first] = all
    for (const one of all) expect(contentOf(one.prepared)).toEqual(contentOf(first!.prepared))
    expect((await open()).checks).toBe(0)
  })

  it("is prepared over a store that cannot hold a cache", async () => {
    const { open, project } = opened()
    project.write("artifacts/cache", "not a folder")
    for (const _ of [1, 2]) {
      const { checks, prepared } = await open()
      expect(checks).toBe(1)
      expect(prepared.pipeline?.name).toBe("p")
    }
  })
})

describe("the code of a prepared pipeline", () => {
  it.each([["just bundled"], ["read back"]])("is seen to change, when %s", async (how) => {
    const { open, project } = opened()
    if (how === "read back") await open()
    const { checks, prepared } = await open()
    expect(checks).toBe(how === "read back" ? 0 : 1)
    expect(prepared.codeUnchanged("table/make")).toBe(true)
    project.write("src/rows.ts", files["src/rows.ts"])
    expect(prepared.codeUnchanged("table/make")).toBe(true)
    project.write("src/rows.ts", `${files["src/rows.ts"]}// more\n`)
    expect(prepared.codeUnchanged("table/make")).toBe(false)
    expect(prepared.codeUnchanged("table/copy")).toBe(true)
    project.remove("stages/table/copy.ts")
    expect(prepared.codeUnchanged("table/copy")).toBe(false)
    expect(prepared.codeUnchanged("table/none")).toBe(false)
  })

  it("is fingerprinted again only where it changed", async () => {
    const { open, project } = opened()
    const before = (await open()).prepared.code
    const uses = ["table/make", "table/copy"]
    const again = () =>
      rememberedFingerprints(project.registry(), uses, project.root, project.store.root)
    expect((await again()).fresh).toEqual([])
    project.write("src/rows.ts", files["src/rows.ts"].replace("[]", "[1]"))
    const { code, fresh } = await again()
    expect(fresh).toEqual(["table/make"])
    expect(code.get("table/copy")?.fingerprint).toBe(before.get("table/copy")?.fingerprint)
    expect(code.get("table/make")?.fingerprint).not.toBe(before.get("table/make")?.fingerprint)
    expect((await open()).prepared.code.get("table/make")?.fingerprint).toBe(
      code.get("table/make")?.fingerprint
    )
  })
})
