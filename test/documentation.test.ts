/** What the documents show is true: their pipelines check and run, their stage loads, their schema is today's. */
import { assert, beforeAll, describe, it } from "vitest"
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, inState, stagesOf, temporaryFolder } from "./support/project.ts"

const read = (file: string) => readFileSync(path.join(checkout, file), "utf8")

/** The first fenced block of a language that holds a text. */
const block = (file: string, language: string, holding: string): string => {
  const blocks = [...read(file).matchAll(/```(\w+)\n(.*?)```/gs)]
  const found = blocks.find(([, name, text = ""]) => name === language && text.includes(holding))
  if (found?.[2] === undefined) throw new Error(`${file} shows no ${language} with "${holding}"`)
  return found[2]
}

describe("the documents", () => {
  const project = path.join(temporaryFolder(), "project")

  beforeAll(() => {
    for (const folder of ["pipelines", "stages/image"]) {
      mkdirSync(path.join(project, folder), { recursive: true })
    }
    cpSync(path.join(checkout, "pipelines", "assets"), path.join(project, "pipelines", "assets"), {
      recursive: true
    })
  })

  it.each([
    ["README.md", "name: rates", ["params.channels=2", "stages.digits.with.count=40"]],
    ["docs/language.md", "name: classical-denoising", []]
  ])("show in %s a pipeline that runs, made smaller", async (file, holding, smaller) => {
    writeFileSync(path.join(project, "pipelines", "shown.yaml"), block(file, "yaml", holding))
    const set = smaller.flatMap((one) => ["-S", one])
    const stages = await stagesOf(["-C", project, "run", "shown", ...set])
    assert.strictEqual(inState(stages, "ran").length + inState(stages, "known").length, stages.size)
  })

  it("show in docs/stages.md a stage that works as it stands", async () => {
    const stage = block("docs/stages.md", "ts", "defineStage")
    writeFileSync(path.join(project, "stages", "image", "brighten.ts"), stage)
    const example = /example: "(.*)"/.exec(stage)?.[1] ?? ""
    writeFileSync(
      path.join(project, "pipelines", "bright.yaml"),
      `stages:\n  photo: { uses: image/load, with: { path: pipelines/assets/lighthouse.svg, size: 8 } }\n  ${example}\n`
    )
    const stages = await stagesOf(["-C", project, "run", "bright"])
    assert.deepStrictEqual(inState(stages, "ran"), ["photo", "bright"])
  })

  it("have the schema of today's stages beside them", async () => {
    const written = await ablate(["schema"])
    assert.strictEqual(written.code, 0, written.stderr)
    assert.deepStrictEqual(
      JSON.parse(written.stdout),
      JSON.parse(read("schema/pipeline.schema.json")),
      "run `npx ablate schema -o schema/pipeline.schema.json`"
    )
  })
})
