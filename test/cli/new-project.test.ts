/** A project from `init` on: it checks, runs, draws itself, and gives the same bits again. */
import { assert, beforeAll, describe, it } from "vitest"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { ablate, inState, stagesOf, temporaryFolder } from "../support/project.ts"

const folder = temporaryFolder()
const project = path.join(folder, "study")
const here = { cwd: project }

beforeAll(async () => {
  const { code, stderr } = await ablate(["init", "study"], { cwd: folder })
  assert.strictEqual(code, 0, stderr)
}, 60_000)

describe("init", () => {
  it("writes a pipeline that has no problems, not even warnings", async () => {
    const { code, stdout, stderr } = await ablate(["check"], here)
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stderr, "")
    assert.match(stdout, /6 stages, 8 instances/)
  })

  it("runs, with a stage of the project's own that imports ablate", async () => {
    const first = await stagesOf(["run"], here)
    assert.strictEqual(inState(first, "ran").length, 8)
    const again = await stagesOf(["run"], here)
    assert.strictEqual(inState(again, "known").length, 8)
  })

  it("names the schema in the pipeline's first line, and the schema knows the project's own stage", () => {
    const pipeline = readFileSync(path.join(project, "pipelines", "first.yaml"), "utf8")
    const named = /^# yaml-language-server: \$schema=(.+)\n/.exec(pipeline)?.[1] ?? ""
    const schema = readFileSync(path.join(project, "pipelines", named), "utf8")
    assert.include(schema, '"picture/posterize"')
    assert.strictEqual(JSON.parse(schema).$schema, "http://json-schema.org/draft-07/schema#")
  })

  it("never overwrites", async () => {
    const file = path.join(project, "ablate.yaml")
    writeFileSync(file, "default: first # mine\n")
    const { code, stdout, stderr } = await ablate(["init"], here)
    assert.strictEqual(code, 0)
    assert.strictEqual(stdout, "")
    assert.match(stderr, /left as they were: ablate\.yaml, \.gitignore/)
    assert.strictEqual(readFileSync(file, "utf8"), "default: first # mine\n")
  })

  it("says it where a file is in the way of a folder", async () => {
    const other = path.join(folder, "other")
    mkdirSync(other)
    writeFileSync(path.join(other, "pipelines"), "")
    const { code, stderr } = await ablate(["init"], { cwd: other })
    assert.strictEqual(code, 1)
    assert.match(stderr, /first\.yaml cannot be written: a file is where a folder should be/)
  })
})

describe("stages", () => {
  it("lists the project's own among the others", async () => {
    const { stdout } = await ablate(["stages"], here)
    assert.match(stdout, /noise\n {2}noise\/add {2,}Adds Gaussian noise/)
    assert.match(stdout, /picture\/posterize .*\(this\s+project's\s+own\)/s)
  })

  it("tells all about one", async () => {
    const { stdout } = await ablate(["stages", "picture/posterize"], here)
    assert.match(stdout, /levels +whole number, 2 to 256 +=\s4 +How many levels a channel keeps\./)
    assert.match(stdout, /stages\/picture\/posterize\.ts\n$/)
    const { stage } = JSON.parse((await ablate(["stages", "noise/add", "--json"], here)).stdout)
    const seed = stage.parameters.find(({ name }: { name: string }) => name === "seed")
    assert.deepStrictEqual([seed.type, seed.default, seed.required], ["whole number", 0, false])
  })

  it("names the nearest", async () => {
    const near = await ablate(["stages", "nose/add"], here)
    assert.strictEqual(near.code, 2)
    assert.match(near.stderr, /did you mean noise\/add\?/)
    assert.match((await ablate(["stages", "add"], here)).stderr, /did you mean noise\/add\?/)
  })
})

describe("schema", () => {
  it("writes into a file or to standard output, the same both times", async () => {
    await ablate(["schema", "-o", "out/schema.json"], here)
    const { stdout } = await ablate(["schema"], here)
    assert.strictEqual(readFileSync(path.join(project, "out", "schema.json"), "utf8"), stdout)
  })
})

describe("reproduce", () => {
  it("finds the same bits", async () => {
    await ablate(["run"], here)
    const { code, stdout } = await ablate(["reproduce", "-j2"], here)
    assert.strictEqual(code, 0, stdout)
    assert.match(stdout, /✓ fewer\[levels=4\] +the same bits/)
    assert.match(stdout, /✓ 8 stages reproduced, bit for bit/)
  })

  it("finds out a stage that gives other numbers each time, and says where", async () => {
    const file = path.join(project, "stages", "picture", "posterize.ts")
    const stage = readFileSync(file, "utf8")
    writeFileSync(file, stage.replace("return low + Math", "return Math.random() + low + Math"))
    await ablate(["run"], here)
    const { code, stdout } = await ablate(["reproduce", "first", "fewer"], here)
    writeFileSync(file, stage)
    assert.strictEqual(code, 1)
    assert.match(stdout, /✓ noisy +the same bits/)
    assert.match(stdout, /✗ fewer\[levels=4\] +different/)
    assert.match(
      stdout,
      /images\.data: \d.* numbers differ, largest difference 0\.\d+; first at \[0,0,0,0\]/
    )
  })

  it("has nothing to say before the first run", async () => {
    const { code, stderr } = await ablate(["reproduce", "--store", "empty"], here)
    assert.strictEqual(code, 1)
    assert.match(stderr, /no result of first is in the store/)
  })
})

describe("doctor", () => {
  it("finds this machine able to run, and says where each setting comes from", async () => {
    const { code, stdout } = await ablate(["doctor", "--store", "other"], {
      ...here,
      env: { ABLATE_JOBS: "3" }
    })
    assert.strictEqual(code, 0, stdout)
    assert.match(stdout, /✓ engine auto: \w+ is used, since [^]*numerics\s+class onnxruntime@/)
    assert.match(
      stdout,
      /cpu can be used: ONNX Runtime 1\.[\d.]+, (?:blocks of \d+|without blocks)/
    )
    assert.match(stdout, /· directml cannot be used: it is only on Windows/)
    assert.match(stdout, /✓ \d+ threads? a stage \(\d+ cores?, 3 stages at once\)/)
    assert.match(stdout, /store \S+other \(flags\)/)
    assert.match(stdout, /jobs 3 \(environment\)/)
    assert.match(stdout, /default first \(ablate\.yaml\)/)
    assert.match(stdout, /all well\n$/)
  })

  it("looks into the store", async () => {
    const { groups, healthy } = JSON.parse((await ablate(["doctor", "--json"], here)).stdout)
    assert.isTrue(healthy)
    const names = groups.flatMap(({ findings }: { findings: ReadonlyArray<{ name: string }> }) =>
      findings.map(({ name }) => name)
    )
    assert.includeMembers(names, [
      "store",
      "claims",
      "temporaries",
      "index",
      "disk-space",
      "writable"
    ])
  })

  it("exits with 1 where runs would fail, and says what to do", async () => {
    const broken = path.join(project, "stages", "broken.ts")
    writeFileSync(broken, "export default 1\n")
    const { code, stdout } = await ablate(["doctor", "-q"], here)
    assert.strictEqual(code, 1)
    assert.match(stdout, /✗ 1 of \d+ stages cannot be loaded: .*broken\.ts is no stage/s)
    writeFileSync(broken, 'import "no-such-package"\n')
    const missing = await ablate(["doctor", "-q"], here)
    assert.strictEqual(missing.code, 1)
    assert.match(missing.stdout, /no-such-package/)
  })

  it("reports a mistake in the settings as a finding", async () => {
    const other = path.join(folder, "mistaken")
    mkdirSync(other)
    writeFileSync(path.join(other, "ablate.yaml"), "jobz: 2\n")
    const { code, stdout } = await ablate(["doctor"], { cwd: other })
    assert.strictEqual(code, 1)
    assert.match(stdout, /✗ ablate\.yaml:1:1: there is no setting "jobz"/)
    assert.match(stdout, /Terminal\n/)
  })
})
