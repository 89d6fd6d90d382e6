import { assert, describe, it } from "vitest"
import * as path from "node:path"
import { nameOfPipeline, pipelineFiles } from "../src/cli/pipeline-file.ts"
import { checkPipeline } from "../src/language/check.ts"
import { openRegistry } from "../src/language/open-registry.ts"
import { checkout, temporaryFolder } from "./support/project.ts"

/** In place of the pretrained models, which a checkout does not have; to be checked a pipeline needs the folders only. */
const weights = temporaryFolder()
const withoutWeights = ["unet", "text", "enlarger"].map((param) => `params.${param}=${weights}`)

const pipelines = pipelineFiles(checkout).map((file) => [nameOfPipeline(file), file] as const)

describe.each(pipelines)("pipelines/%s", (name, file) => {
  it("is checked without an error or a warning", async () => {
    const { diagnostics, pipeline } = await checkPipeline({
      root: checkout,
      cwd: checkout,
      file,
      set:
        name === "if/upscale" || name === "if/text-to-image"
          ? withoutWeights
          : name.startsWith("if/")
            ? withoutWeights.slice(0, 2)
            : [],
      paramsFiles: [],
      allowedPaths: [weights],
      registry: openRegistry([{ path: path.join(checkout, "stages"), own: false }])
    })
    assert.deepStrictEqual(diagnostics, [])
    assert.strictEqual(pipeline?.name, name.replace("/", "-"))
    const types = pipeline?.instances.flatMap(({ outputs }) => Object.values(outputs))
    assert.include(types ?? [], "File", "something to look at comes out of it")
  })
})
