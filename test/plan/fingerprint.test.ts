import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { fingerprintStages } from "../../src/plan/fingerprint.ts"
import { ablateRoot } from "../../src/plan/module-names.ts"
import { temporaryProject, type TemporaryProject } from "./temporary-project.ts"

const files = {
  "package.json": `{ "name": "demo", "type": "module", "imports": { "#src/*": "./src/*" } }`,
  "node_modules/sharp/package.json": `{ "name": "sharp", "version": "1.2.3" }`,
  "node_modules/effect/package.json": `{ "name": "effect", "version": "4.0.0" }`,
  "node_modules/unused/package.json": `{ "name": "unused", "version": "1.0.0" }`,
  "src/deep/three.ts": `export const scale = (x: number): number => x * 2
export const other = () => 17
`,
  "src/two.ts": `import { scale } from "./deep/three.ts"
import unused from "unused"
export const two = (x: number) => scale(x) + 1
export const dead = () => unused(3)
`,
  "src/one.ts": `import { two } from "./two.ts"
import { readFileSync } from "node:fs"
export const one = (x: number) => two(x) - readFileSync.length
`,
  "stages/noise/add.ts": `import { Schema } from "effect/Schema"
import { one } from "#src/one.ts"

export default { params: Schema, run: (x: number) => one(x) + 3 }
`,
  "stages/blur.ts": `export default { run: async () => (await import("sharp")).default }
`
}

const fingerprint = async (project: TemporaryProject, uses = "noise/add") => {
  const code = (await fingerprintStages(project.registry(), [uses], project.root)).get(uses)
  if (code === undefined) throw new Error("no fingerprint")
  return code
}

const changedModules = (
  before: { readonly modules: { readonly [path: string]: string } },
  after: { readonly modules: { readonly [path: string]: string } }
) =>
  [...new Set([...Object.keys(before.modules), ...Object.keys(after.modules)])].filter(
    (path) => before.modules[path] !== after.modules[path]
  )

/** Fingerprints before and after writing files. */
const across = async (changes: { readonly [name: string]: string }, uses = "noise/add") => {
  const project = temporaryProject(files)
  const before = await fingerprint(project, uses)
  for (const [name, text] of Object.entries(changes)) project.write(name, text)
  return { before, after: await fingerprint(project, uses) }
}

const edit = (name: keyof typeof files, from: string, to: string) => {
  expect(files[name]).toContain(from)
  return { [name]: files[name].replace(from, to) }
}

describe("a fingerprint", () => {
  it("describes the modules and packages that the stage uses", async () => {
    const code = await fingerprint(temporaryProject(files))
    expect(Object.keys(code.modules).toSorted()).toEqual([
      "src/deep/three.ts",
      "src/one.ts",
      "src/two.ts",
      "stages/noise/add.ts"
    ])
    expect(code.packages).toEqual({ effect: "4.0.0" })
    expect(code.tensors).toBe(false)
  })

  it("lists every file that it rests on, used or not", async () => {
    const project = temporaryProject(files)
    const { files: all } = await fingerprint(project)
    expect(all.map((path) => path.slice(project.root.length + 1)).toSorted()).toEqual([
      "node_modules/effect/package.json",
      "node_modules/unused/package.json",
      "package.json",
      "src/deep/three.ts",
      "src/one.ts",
      "src/two.ts",
      "stages/noise/add.ts"
    ])
  })

  it.each<[string, { readonly [name: string]: string }]>([
    [
      "a comment in the stage",
      edit("stages/noise/add.ts", "export default", "// Adds noise.\n/** Twice. */\nexport default")
    ],
    [
      "a legal comment",
      edit("src/two.ts", "export const two", "/*! @license MIT */\nexport const two")
    ],
    [
      "a comment inside an expression",
      edit("src/deep/three.ts", "x * 2", "/* factor */ x * (2) // two")
    ],
    ["a pure annotation", edit("src/one.ts", "two(x)", "/* @__PURE__ */ two(x)")],
    [
      "formatting",
      edit(
        "stages/noise/add.ts",
        "{ params: Schema, run: (x: number) => one(x) + 3 }",
        `{
        params: (Schema),
        run: x => ((one(x)) + 0x3) ,
      };`
      )
    ],
    ["another type annotation", edit("src/deep/three.ts", "(x: number): number", "(x: any)")],
    ["an unused function of a helper", edit("src/deep/three.ts", "() => 17", "() => 18")],
    [
      "a new unused function of a helper",
      edit(
        "src/two.ts",
        "export const dead",
        "export const more = () => 5\nconst scale2 = 7\nexport const dead"
      )
    ],
    [
      "an unused function of the stage",
      edit(
        "stages/noise/add.ts",
        "export default",
        "export const hidden = () => 4\nconst two = 5\nexport default"
      )
    ],
    [
      "an unused import",
      edit(
        "stages/noise/add.ts",
        "export default",
        `import { two } from "#src/two.ts"\nexport default`
      )
    ],
    [
      "an import of a type",
      edit(
        "stages/noise/add.ts",
        "export default",
        `import type { Image } from "sharp"\nexport default`
      )
    ],
    ["another stage", { "stages/blur.ts": "export default 5\n" }],
    ["a new stage", { "stages/sharpen.ts": "export default 5\n" }],
    [
      "the version of a package that only unused code imports",
      { "node_modules/unused/package.json": `{ "version": "2.0.0" }` }
    ],
    [
      "the version of a package of another stage",
      { "node_modules/sharp/package.json": `{ "version": "2.0.0" }` }
    ],
    [
      "a script in package.json",
      { "package.json": files["package.json"].replace("{", `{ "scripts": {},`) }
    ],
    [
      "a tsconfig",
      {
        "tsconfig.json": `{ "compilerOptions": { "verbatimModuleSyntax": true, "target": "es5" } }`
      }
    ],
    [
      "line ends",
      Object.fromEntries(
        Object.entries(files).map(([name, text]) => [name, text.replaceAll("\n", "\r\n")])
      )
    ],
    ["a byte order mark", { "src/two.ts": `\ufeff${files["src/two.ts"]}` }]
  ])("is not changed by %s", async (_, changes) => {
    const { after, before } = await across(changes)
    expect(changedModules(before, after)).toEqual([])
    expect(after.packages).toEqual(before.packages)
    expect(after.fingerprint).toBe(before.fingerprint)
  })

  it.each<[string, { readonly [name: string]: string }, ReadonlyArray<string>]>([
    ["arithmetic in the stage", edit("stages/noise/add.ts", "+ 3", "+ 4"), ["stages/noise/add.ts"]],
    [
      "a helper three imports away",
      edit("src/deep/three.ts", "x * 2", "x * 3"),
      ["src/deep/three.ts"]
    ],
    [
      "a string",
      edit("src/one.ts", "readFileSync.length", `"// src/two.ts\\n".length`),
      ["src/one.ts"]
    ],
    [
      "a function that is now used",
      edit("src/two.ts", "scale(x) + 1", "scale(x) + 1 + dead()"),
      ["src/two.ts"]
    ],
    [
      "a new import",
      {
        ...edit("src/two.ts", "+ 1", "+ four"),
        "src/two.ts": `import { four } from "./four.ts"\n${files["src/two.ts"].replace("+ 1", "+ four")}`,
        "src/four.ts": "export const four = 4\n"
      },
      ["src/four.ts", "src/two.ts"]
    ]
  ])("is changed by %s, and says where", async (_, changes, where) => {
    const { after, before } = await across(changes)
    expect(after.fingerprint).not.toBe(before.fingerprint)
    expect(changedModules(before, after).toSorted()).toEqual(where)
  })

  it("is changed by the version of a package, statically or dynamically imported", async () => {
    const ofEffect = await across({ "node_modules/effect/package.json": `{ "version": "4.0.1" }` })
    expect(ofEffect.after.fingerprint).not.toBe(ofEffect.before.fingerprint)
    expect(ofEffect.after.packages).toEqual({ effect: "4.0.1" })
    expect(changedModules(ofEffect.before, ofEffect.after)).toEqual([])
    const ofSharp = await across(
      { "node_modules/sharp/package.json": `{ "version": "1.2.4" }` },
      "blur"
    )
    expect(ofSharp.after.fingerprint).not.toBe(ofSharp.before.fingerprint)
    expect(ofSharp.after.packages).toEqual({ sharp: "1.2.4" })
  })

  it("follows dynamic imports of local files", async () => {
    const lazy = `export default { run: async () => (await import("../src/two.ts")).two(1) }\n`
    const project = temporaryProject({ ...files, "stages/lazy.ts": lazy })
    const before = await fingerprint(project, "lazy")
    project.write("src/deep/three.ts", files["src/deep/three.ts"].replace("x * 2", "x * 3 // !"))
    const after = await fingerprint(project, "lazy")
    expect(changedModules(before, after)).toEqual(["src/deep/three.ts"])
    expect(after.fingerprint).not.toBe(before.fingerprint)
  })

  it("keeps what is imported for its effect, and drops effects of modules whose exports are unused", async () => {
    const project = temporaryProject({
      ...files,
      "src/register.ts": `globalThis.registered = 1\n`,
      "src/noisy.ts": `console.log("loaded")\nexport const noisy = 1\n`,
      "src/half.ts": `import { noisy } from "./noisy.ts"\nexport const half = 2\nexport const loud = () => noisy\n`,
      "stages/effects.ts": `import "../src/register.ts"\nimport { half } from "../src/half.ts"\nexport default half\n`
    })
    const before = await fingerprint(project, "effects")
    project.write("src/noisy.ts", `console.log("loaded twice")\nexport const noisy = 1\n`)
    expect((await fingerprint(project, "effects")).fingerprint).toBe(before.fingerprint)
    project.write("src/register.ts", `globalThis.registered = 2\n`)
    const after = await fingerprint(project, "effects")
    expect(changedModules(before, after)).toEqual(["src/register.ts"])
    expect(after.fingerprint).not.toBe(before.fingerprint)
  })

  it("follows imports of JSON and files named by import.meta.url", async () => {
    const project = temporaryProject({
      ...files,
      "stages/table.json": `{ "a": 1, "b": 2 }`,
      "stages/weights.bin": "123",
      "stages/table.ts": `import table from "./table.json" with { type: "json" }
const weights = new URL("./weights.bin", import.meta.url)
export default { table: table.a, weights }
`
    })
    const before = await fingerprint(project, "table")
    project.write("stages/weights.bin", "124")
    const second = await fingerprint(project, "table")
    expect(changedModules(before, second)).toEqual(["stages/weights.bin"])
    expect(second.fingerprint).not.toBe(before.fingerprint)
    project.write("stages/table.json", `{ "a": 2, "b": 2 }`)
    const third = await fingerprint(project, "table")
    expect(changedModules(second, third)).toEqual(["stages/table.json"])
    expect(third.fingerprint).not.toBe(second.fingerprint)
  })

  it("takes a linked package for local code, and so a project's import of itself", async () => {
    const project = temporaryProject({
      ...files,
      "package.json": `{ "name": "demo", "type": "module", "exports": { "./two": "./src/two.ts" } }`,
      "stages/self.ts": `import { two } from "demo/two"\nexport default two\n`
    })
    const before = await fingerprint(project, "self")
    expect(Object.keys(before.modules)).toContain("src/deep/three.ts")
    expect(before.packages).toEqual({})
    project.write("src/deep/three.ts", files["src/deep/three.ts"].replace("x * 2", "x * 3"))
    expect(changedModules(before, await fingerprint(project, "self"))).toEqual([
      "src/deep/three.ts"
    ])
  })

  it("says whether the tensor engine is reached, and takes the engine's own code for no part of it", async () => {
    const engine = join(ablateRoot, "src/engine/tf.ts")
    const project = temporaryProject({
      ...files,
      "src/blur.ts": `import { tf } from ${JSON.stringify(engine)}\nexport const blur = () => tf.ones([1])\nexport const plain = 1\n`,
      "stages/tensors.ts": `import { blur } from "../src/blur.ts"\nexport default blur\n`,
      "stages/plain.ts": `import { plain } from "../src/blur.ts"\nexport default plain\n`
    })
    const tensors = await fingerprint(project, "tensors")
    expect(tensors.tensors).toBe(true)
    expect(Object.keys(tensors.modules).toSorted()).toEqual(["src/blur.ts", "stages/tensors.ts"])
    expect(tensors.files).not.toContain(engine)
    expect((await fingerprint(project, "plain")).tensors).toBe(false)
  })

  it("covers what the stage uses of ablate, which it imports by name", async () => {
    const project = temporaryProject({
      ...files,
      "node_modules/ablate/package.json": `{ "name": "ablate", "version": "9.9.9" }`,
      "stages/plain.ts": `import { defineStage } from "ablate"\nexport default defineStage({})\n`,
      "stages/tensors.ts": `import { defineStage, tf } from "ablate"\nexport default defineStage({ run: () => tf.ones([1]) })\n`
    })
    const plain = await fingerprint(project, "plain")
    // The entry module too, for what it exports under the names of whole packages.
    expect(Object.keys(plain.modules).toSorted()).toEqual([
      "ablate:src/index.ts",
      "ablate:src/stage.ts",
      "stages/plain.ts"
    ])
    expect(plain).toMatchObject({ packages: {}, tensors: false })
    expect(await fingerprint(project, "tensors")).toMatchObject({ packages: {}, tensors: true })
  })

  it("is the same in another folder", async () => {
    const lazy = `export default { run: async () => (await import("../src/two.ts")).two(1) }\n`
    const project = temporaryProject({ ...files, "stages/lazy.ts": lazy })
    const elsewhere = mkdtempSync(join(tmpdir(), "ablate-elsewhere-"))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    cpSync(project.root, elsewhere, { recursive: true })
    const moved = { ...project.registry() }
    const entries = [...moved.entries].map(
      ([uses, entry]) =>
        [uses, { ...entry, file: entry.file.replace(project.root, elsewhere) }] as const
    )
    for (const uses of ["noise/add", "blur", "lazy"]) {
      const here = await fingerprint(project, uses)
      const there = (
        await fingerprintStages({ ...moved, entries: new Map(entries) }, [uses], elsewhere)
      ).get(uses)
      expect(there?.fingerprint).toBe(here.fingerprint)
      expect(there?.modules).toEqual(here.modules)
    }
  })

  it("is the same alone and together with other stages", async () => {
    const project = temporaryProject(files)
    const together = await fingerprintStages(
      project.registry(),
      ["blur", "noise/add"],
      project.root
    )
    expect(together.get("noise/add")).toEqual({
      ...(await fingerprint(project)),
      states: expect.anything()
    })
    expect(together.get("blur")?.fingerprint).toBe((await fingerprint(project, "blur")).fingerprint)
  })

  it("of many stages at once are those of each", async () => {
    const many = Array.from({ length: 30 }, (_, index) => [
      `stages/many/s${index}.ts`,
      `import { one } from "#src/one.ts"\nexport default { run: (x: number) => one(x) + ${index} }\n`
    ])
    const project = temporaryProject({ ...files, ...Object.fromEntries(many) })
    const uses = [...project.registry().entries.keys()]
    const code = await fingerprintStages(project.registry(), uses, project.root)
    expect(new Set([...code.values()].map((one) => one.fingerprint)).size).toBe(32)
  })
})

describe("a stage that cannot be bundled", () => {
  const failure = async (changes: { readonly [name: string]: string }) => {
    const project = temporaryProject({ ...files, ...changes })
    const error = await fingerprint(project).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(UserError)
    return (error as UserError).message
  }

  it("is reported with the place of a syntax error", async () => {
    expect(
      await failure({ "stages/noise/add.ts": "export default {\n  run: (x => 3\n}\n" })
    ).toMatch(/^stages\/noise\/add\.ts:3:1: Expected "\)" but found "\}"$/)
  })

  it("is reported with the place of an import that leads nowhere", async () => {
    expect(await failure(edit("src/two.ts", "./deep/three.ts", "./deep/tree.ts"))).toBe(
      `src/two.ts:1:23: there is no module "./deep/tree.ts"`
    )
    expect(await failure(edit("src/two.ts", `from "unused"`, `from "nowhere/sub"`))).toBe(
      `src/two.ts:2:20: the package "nowhere" is not installed`
    )
  })

  it("is reported where code computes the name of a module", async () => {
    for (const path of ["`./${x}.ts`", "x", "`${x}/add.ts`"]) {
      const computed = `export const one = (x: string) => import(${path})\n`
      expect(await failure({ ...files, "src/one.ts": computed })).toMatch(
        /^stages\/noise\/add\.ts, or a module that it uses, imports a module by a name that it computes$/
      )
    }
    const spoken = `export const one = (x: number) => ["import(x)", 'say "import(y)"', x]\n`
    await fingerprint(temporaryProject({ ...files, "src/one.ts": spoken }))
  })

  it("is reported where the installed package's description is no JSON", async () => {
    expect(await failure({ "node_modules/effect/package.json": "{" })).toMatch(
      /effect\/package\.json is not JSON$/
    )
  })

  it("is reported when the registry does not have it", async () => {
    const project = temporaryProject(files)
    await expect(fingerprint(project, "noise/none")).rejects.toThrow("there is no stage noise/none")
  })

  it("leaves esbuild able to bundle the next", async () => {
    const project = temporaryProject({ ...files, "stages/bad.ts": "export default (" })
    const outcomes = await Promise.allSettled(
      ["bad", "blur", "bad", "noise/add"].map((uses) => fingerprint(project, uses))
    )
    expect(outcomes.map(({ status }) => status)).toEqual([
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled"
    ])
  })
})
