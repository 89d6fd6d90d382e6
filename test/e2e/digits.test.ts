/** The digit experiments, every pipeline to its end on a little of MNIST. */
import { assert, beforeAll, describe, it } from "vitest"
import { existsSync } from "node:fs"
import * as path from "node:path"
import { ablate, copyOfCheckout, sharedFile } from "../support/project.ts"

const mnist = sharedFile("data", "mnist", "train-images-idx3-ubyte.gz")

const small = ["train=256", "test=64", "epochs=1", "channels=4", "batchSize=64"]
const pipelines: ReadonlyArray<readonly [name: string, set: ReadonlyArray<string>, made: string]> =
  [
    ["noising-grid", small.slice(0, 2), "noising-grid.png"],
    ["single-step-denoiser", small, "denoised.png"],
    ["denoiser-out-of-distribution", small, "out-of-distribution.png"],
    ["denoise-pure-noise", small, "pure-noise.png"],
    ["flow-time", [...small, "checkpoints=[last]", "steps=4"], "flow-time.png"],
    ["flow-class", [...small, "checkpoints=[last]", "steps=4"], "flow-class.png"],
    ["ddpm-digits", [...small, "checkpoints=[last]", "timesteps=5"], "ddpm-digits.png"],
    [
      "ddpm-unconditional",
      [...small, "checkpoints=[last]", "timesteps=5"],
      "ddpm-unconditional.png"
    ],
    ["lr-schedules", [...small, "steps=2", "judgeEpochs=1"], "lr-schedules.html"]
  ]

describe.skipIf(mnist === undefined)("the digit experiments (need ../shared)", () => {
  let folder = ""
  beforeAll(() => {
    folder = copyOfCheckout()
  })

  it.each(pipelines)(
    "%s runs to its end",
    async (name, set, made) => {
      const { code, stderr } = await ablate(
        ["run", `pipelines/${name}.yaml`, ...set.flatMap((one) => ["-S", `params.${one}`])],
        {
          cwd: folder,
          launcher: path.join(folder, "bin", "ablate.mjs"),
          env: { ABLATE_DATA: path.dirname(path.dirname(mnist!)) }
        }
      )
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(existsSync(path.join(folder, "results", name, made)), made)
      // 4.3 is served from 4.2's checkpoints.
      if (name === "denoiser-out-of-distribution") assert.notMatch(stderr, /epoch-1/)
    },
    300_000
  )
})
