/** The pipelines of DeepFloyd IF to their ends, with the reference's tiny weights in place of the real ones. */
import { assert, beforeAll, describe, it } from "vitest"
import { readdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import { rawTensor } from "../../src/safetensors/typed-array.ts"
import { ablate, checkout, copyOfCheckout, sharedFile } from "../support/project.ts"

const names = readdirSync(path.join(checkout, "pipelines", "if"))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => path.basename(name, ".yaml"))

const weights = sharedFile("fixtures", "if")
const width = 48
const prompts = [
  "",
  "a photo",
  "a high quality photo",
  "a rocket ship",
  "a lithograph of a skull",
  "a lithograph of waterfalls",
  "an oil painting of an old man",
  "an oil painting of people around a campfire"
]

/** What stands in place of the real thing. */
const tiny = [
  `stages.network.with={ folder: ${weights}/stage1, size: 16 }`,
  "stages.prompts={ uses: embed/load, with: { path: prompts.safetensors } }",
  "params.size=16",
  "params.count=2",
  "params.kernel=5",
  "params.timesteps=[900, 600, 300, 0]"
]
const enlarger = [
  `stages.enlarger.with={ folder: ${weights}/stage2, size: 32 }`,
  "params.largeSize=32"
]
const own: { readonly [name: string]: ReadonlyArray<string> } = {
  sample: ["stages.samples.with.frames=4", "stages.samples.with.count=1"],
  guidance: ["matrix.scale=[1, 7]"],
  "iterative-denoising": [
    "stages.step-by-step.with.timesteps={ kind: strided, from: 990, stride: 99 }",
    "stages.step-by-step.with.start=7",
    "stages.step-by-step.with.frames=2"
  ],
  sdedit: ["params.starts=[0, 2]"],
  "hand-drawn": ["params.starts=[0, 2]"],
  "text-to-text-image": ["params.starts=[0, 2]"],
  inpaint: [
    "stages.hole.with={ height: 16, width: 16, rows: [1, 5], columns: [6, 10] }",
    "stages.filled.with.jumps={ length: 2, resamplings: 2 }"
  ],
  "text-to-image": [
    ...enlarger,
    "matrix.steps=[2, 3]",
    "matrix.prompt=[a rocket ship, a photo]",
    "params.largeSteps=2"
  ],
  upscale: [...enlarger, "params.steps=2"]
}

describe.skipIf(weights === undefined)("DeepFloyd IF, tiny (need ../shared)", () => {
  let folder = ""
  beforeAll(() => {
    folder = copyOfCheckout()
    const tokens = 5
    writeFileSync(
      path.join(folder, "prompts.safetensors"),
      encodeSafetensors(
        Object.fromEntries(
          prompts.map((prompt, row) => [
            prompt,
            rawTensor(
              Float32Array.from({ length: tokens * width }, (_, i) => Math.sin(i * 0.7 + 3 * row)),
              [1, tokens, width]
            )
          ])
        )
      )
    )
  })

  it.each(names)(
    "%s runs to its end",
    async (name) => {
      const set = [...tiny, ...(own[name] ?? [])]
      const { code, stderr, stdout } = await ablate(
        ["run", `if/${name}`, "--allow-path", weights!, ...set.flatMap((one) => ["-S", one])],
        { cwd: folder, launcher: path.join(folder, "bin", "ablate.mjs") }
      )
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /\.png/)
    },
    120_000
  )
})
