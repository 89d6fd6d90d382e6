import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { recordKnownRun } from "../../src/run/record-known.ts"
import type { StageInstance } from "../../src/language/pipeline.ts"
import { placeFiles } from "../../src/run/result-paths.ts"
import type { Lab, Pipeline } from "./lab.ts"
import { openLab } from "./open-lab.ts"

const file = (name: string, text: string) => ({ uses: "file", with: { name, text } })
const at = (lab: Lab, path: string) => join(lab.resultsFolder, "test", path)
const textAt = (lab: Lab, path: string) => readFileSync(at(lab, path), "utf8")

/** What `ablate run` does when everything is known. */
const repeat = async (lab: Lab, pipeline: Pipeline) => {
  const { plan, prepared, resultsFolder, store } = lab.options(pipeline)
  const outcome = await recordKnownRun({
    store,
    plan,
    resultsFolder,
    pipeline: prepared.pipeline!,
    set: []
  })
  assert.isDefined(outcome)
  return outcome
}

describe("files for people", () => {
  it("are laid out by point and name", async () => {
    const lab = openLab()
    const ran = await lab.run({
      a: file("plain.txt", "one"),
      "b[size=big,seed=1]": {
        ...file("deep/er.txt", "two"),
        stage: "b",
        point: { size: "big", seed: "1" }
      }
    })
    assert.strictEqual(textAt(lab, "plain.txt"), "one")
    assert.strictEqual(textAt(lab, "size=big,seed=1/deep/er.txt"), "two")
    assert.deepStrictEqual(ran.outcome.results, [
      { path: at(lab, "plain.txt"), instance: "a" },
      { path: at(lab, "size=big,seed=1/deep/er.txt"), instance: "b[size=big,seed=1]" }
    ])
    assert.deepStrictEqual(ran.outcome.notices, [])
  })

  it("are not touched when nothing changed, and come back when they are gone", async () => {
    const lab = openLab()
    const pipeline = { a: file("a.txt", "one"), b: file("b.txt", "two") }
    const first = await lab.run(pipeline)
    const before = statSync(at(lab, "a.txt"), { bigint: true })
    rmSync(at(lab, "b.txt"))
    const outcome = await repeat(lab, pipeline)
    assert.deepStrictEqual(outcome.results, first.outcome.results)
    assert.strictEqual(statSync(at(lab, "a.txt"), { bigint: true }).ctimeNs, before.ctimeNs)
    assert.strictEqual(textAt(lab, "b.txt"), "two")
    assert.strictEqual(outcome.record.manifest, first.outcome.record.manifest)
    assert.deepStrictEqual(outcome.record.counts, {
      total: 2,
      known: 2,
      ran: 0,
      failed: 0,
      skipped: 0
    })
  })

  it("follow their stage's result", async () => {
    const lab = openLab()
    await lab.run({ a: file("a.txt", "one") })
    await lab.run({ a: file("a.txt", "two") })
    assert.strictEqual(textAt(lab, "a.txt"), "two")
    await repeat(lab, { a: file("a.txt", "one") })
    assert.strictEqual(textAt(lab, "a.txt"), "one")
    assert.deepStrictEqual(readdirSync(at(lab, "")).toSorted(), [".ablate.json", "a.txt"])
  })

  it("never replace what somebody else wrote", async () => {
    const lab = openLab()
    mkdirSync(at(lab, ""), { recursive: true })
    writeFileSync(at(lab, "a.txt"), "mine")
    const ran = await lab.run({ a: file("a.txt", "one"), b: file("b.txt", "two") })
    assert.strictEqual(textAt(lab, "a.txt"), "mine")
    assert.deepStrictEqual(ran.outcome.results, [{ path: at(lab, "b.txt"), instance: "b" }])
    assert.match(ran.outcome.notices.join(), /a\.txt was changed or made by somebody else/)
    // Nor a file of ours that was changed by hand.
    writeFileSync(at(lab, "b.txt"), "edited")
    const edited = await lab.run({ a: file("a.txt", "one"), b: file("b.txt", "three") })
    assert.strictEqual(textAt(lab, "b.txt"), "edited")
    assert.strictEqual(edited.outcome.notices.length, 2)
  })

  it("are recognised by their content when their list is lost or their time is another", async () => {
    const lab = openLab()
    const pipeline = { a: file("a.txt", "one") }
    await lab.run(pipeline)
    rmSync(at(lab, ".ablate.json"))
    utimesSync(at(lab, "a.txt"), 1, 1)
    assert.deepStrictEqual((await repeat(lab, pipeline)).notices, [])
    assert.isTrue(existsSync(at(lab, ".ablate.json")))
    await lab.run({ a: file("a.txt", "two") })
    assert.strictEqual(textAt(lab, "a.txt"), "two")
  })

  it("that a killed run wrote, and did not list, are known for ours", async () => {
    const lab = openLab()
    await lab.run({ a: file("a.txt", "one") })
    const list = readFileSync(at(lab, ".ablate.json"))
    await lab.run({ a: file("a.txt", "two") })
    writeFileSync(at(lab, ".ablate.json"), list)
    const ran = await lab.run({ a: file("a.txt", "three") })
    assert.deepStrictEqual(ran.outcome.notices, [])
    assert.strictEqual(textAt(lab, "a.txt"), "three")
  })

  it("of another pipeline with the same name are replaced, with a word", async () => {
    const lab = openLab()
    await lab.run({ a: file("a.txt", "one") })
    const list = at(lab, ".ablate.json")
    const text = readFileSync(list, "utf8")
    writeFileSync(list, text.replace(/"pipeline":"[^"]*"/, '"pipeline":"pipelines/other.yaml"'))
    const ran = await lab.run({ a: file("a.txt", "two") })
    assert.match(ran.outcome.notices.join(), /a\.txt was a result of pipelines\/other\.yaml/)
    assert.strictEqual(textAt(lab, "a.txt"), "two")
    assert.deepStrictEqual((await repeat(lab, { a: file("a.txt", "two") })).notices, [])
  })

  it("of one name go to folders of their stages, however few are selected", async () => {
    const lab = openLab()
    const pipeline = { a: file("x.txt", "one"), b: file("X.txt", "two"), c: file("c.txt", "three") }
    const ran = await lab.run(pipeline)
    assert.strictEqual(textAt(lab, "a/x.txt"), "one")
    assert.strictEqual(textAt(lab, "b/X.txt"), "two")
    assert.match(ran.outcome.notices.join("\n"), /several stages make a file x\.txt \(a\)/)
    const again = await lab.run(
      { ...pipeline, a: file("x.txt", "four") },
      { selection: new Set(["a"]) }
    )
    assert.deepStrictEqual(again.outcome.results, [{ path: at(lab, "a/x.txt"), instance: "a" }])
    assert.strictEqual(textAt(lab, "a/x.txt"), "four")
  })

  it("move when a file of the same name joins them", async () => {
    const lab = openLab()
    await lab.run({ a: file("x.txt", "one") })
    await lab.run({ a: file("x.txt", "one"), b: file("x.txt", "two") })
    assert.deepStrictEqual(readdirSync(at(lab, "")).toSorted(), [".ablate.json", "a", "b"])
  })

  it("cannot go where a file is in the way of their folder", async () => {
    const lab = openLab()
    mkdirSync(at(lab, ""), { recursive: true })
    writeFileSync(at(lab, "deep"), "a file")
    const error = await lab.run({ a: file("deep/a.txt", "one") }).then(
      () => "no error",
      (error: unknown) => String(error)
    )
    assert.match(error, /deep\/a\.txt cannot be written: a file is where its folder should be/)
    const { store } = lab.options({})
    assert.deepStrictEqual(
      store.runs.list().map(({ state }) => state),
      ["failed"]
    )
  })
})

describe("places of files", () => {
  const wanting = (stage: string, point: StageInstance["point"], name: string) => ({
    instance: { id: stage, stage, point },
    port: "file",
    name
  })

  it("stay inside the folder, whatever the labels are", () => {
    const { placed } = placeFiles([wanting("a", { path: "../x/y", dot: "." }, "a.txt")], [])
    assert.strictEqual(placed[0]?.path, "path=%2E.%2Fx%2Fy,dot=%2E/a.txt")
  })

  it("differ for labels that differ in forbidden characters only", () => {
    const labels = ["a/b", "a\\b", "a:b", "a%2Fb", "a b"]
    const { placed } = placeFiles(
      labels.map((label) => wanting("a", { axis: label }, "x")),
      []
    )
    assert.strictEqual(new Set(placed.map(({ path }) => path)).size, labels.length)
  })
})
