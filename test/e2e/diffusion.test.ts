/** Sampling, editing and illusions with the small network: every pipeline to its end, which trains it once. */
import { assert, beforeAll, describe, it } from "vitest"
import { readdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, copyOfCheckout, sharedFile } from "../support/project.ts"

const names = readdirSync(path.join(checkout, "pipelines", "digits"))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => path.basename(name, ".yaml"))

const small = ["channels=4", "epochs=1", "count=2", "timesteps=[900, 600, 300, 0]"]
const mnist = sharedFile("data", "mnist", "train-images-idx3-ubyte.gz")
const onMnist = `
name: on-mnist
extends: visual-anagrams.yaml
stages:
  mnist:
    uses: dataset/mnist
    with: { split: test, range: "[-1,1]" }
  data:
    uses: dataset/subset
    in: { dataset: mnist.dataset }
    with: { count: 128, seed: null, range: null }
`

describe("the small network", () => {
  let folder = ""
  beforeAll(() => {
    folder = copyOfCheckout()
  })
  const run = (name: string, more: ReadonlyArray<string>) =>
    ablate(["run", `digits/${name}`, ...small.flatMap((one) => ["-S", `params.${one}`]), ...more], {
      cwd: folder,
      launcher: path.join(folder, "bin", "ablate.mjs"),
      ...(mnist === undefined ? {} : { env: { ABLATE_DATA: path.dirname(path.dirname(mnist)) } })
    })
  const steps: { readonly [name: string]: ReadonlyArray<string> } = {
    sample: ["-S", "stages.samples.with.frames=5"],
    "iterative-denoising": [
      "-S",
      "stages.step-by-step.with.timesteps={ kind: strided, from: 990, stride: 90 }",
      "-S",
      "stages.step-by-step.with.start=3"
    ],
    sdedit: ["-S", "params.starts=[0, 2]"],
    "hand-drawn": ["-S", "params.starts=[0, 2]"],
    "text-to-text-image": ["-S", "params.starts=[0, 2]"],
    inpaint: ["-S", "stages.filled.with.jumps={ length: 2, resamplings: 2 }"],
    "text-to-image": ["-S", "matrix.steps=[2, 3]"]
  }

  it.each(names)(
    "%s on digits drawn on the spot",
    async (name) => {
      const { code, stderr, stdout } = await run(name, [
        "-S",
        "params.images=128",
        ...(steps[name] ?? [])
      ])
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /\.png/)
    },
    120_000
  )

  it.skipIf(mnist === undefined)(
    "an anagram on MNIST",
    async () => {
      writeFileSync(path.join(folder, "pipelines", "digits", "on-mnist.yaml"), onMnist)
      const { code, stderr } = await run("on-mnist", [])
      assert.strictEqual(code, 0, stderr)
    },
    120_000
  )
})
