/** What is measured: networks, tasks and sizes. */
import { UserError } from "../../src/base/user-error.ts"

export interface CaseSpec {
  readonly name: string
  /** The class-conditioned U-Net for digits, or a residual and attention block of a pixel diffusion model. */
  readonly model: "unet" | "block"
  /** A whole step with loss, gradients and Adam; or a forward pass with running or with batch statistics. */
  readonly task: "train" | "forward-eval" | "forward-train"
  /** The U-Net's D; of no meaning for the block. */
  readonly width: number
  readonly batch: number
}

/** Sizes of the block: `[N,16,16,256]`, 32 groups, 4 heads of 64 channels. Also in `bench/torch/attention_block.py`. */
export const block = { channels: 256, size: 16, groups: 32, heads: 4 } as const

const unet = (task: CaseSpec["task"], width: number, batch = 64): CaseSpec => {
  const label = { train: "train", "forward-eval": "forward", "forward-train": "forward-bn" }[task]
  const name = `${label}-d${width}${batch === 64 ? "" : `-b${batch}`}`
  return { name, model: "unet", task, width, batch }
}
const blockCase = (task: "train" | "forward-eval", batch: number): CaseSpec => ({
  name: `block-${task === "train" ? task : "forward"}-b${batch}`,
  model: "block",
  task,
  width: block.channels,
  batch
})

const widths = [16, 32, 64, 128]
const otherBatches = [1, 16, 256]

/** By name: `train-d64`, `forward-d16-b256`, `block-train-b16`; the batch is 64 when not said. */
export const allCases: ReadonlyArray<CaseSpec> = [
  ...widths.map((width) => unet("train", width)),
  ...widths.map((width) => unet("forward-eval", width)),
  ...[16, 64].map((width) => unet("forward-train", width)),
  ...[16, 64].flatMap((width) => otherBatches.map((batch) => unet("train", width, batch))),
  ...[16, 64].flatMap((width) => otherBatches.map((batch) => unet("forward-eval", width, batch))),
  ...[1, 16].flatMap((batch) => [blockCase("train", batch), blockCase("forward-eval", batch)])
]

/** A few minutes' worth. */
const defaultCases = [
  "train-d16",
  "train-d64",
  "forward-d16",
  "forward-d64",
  "block-train-b16",
  "block-forward-b16"
]

/** @throws UserError for a name that is none of a case */
export const casesNamed = (names: ReadonlyArray<string> = defaultCases): ReadonlyArray<CaseSpec> =>
  names.map((name) => {
    const found = allCases.find((spec) => spec.name === name)
    if (found !== undefined) return found
    throw new UserError(`there is no case ${name} to measure`, {
      hint: `There are ${allCases.map((spec) => spec.name).join(", ")}.`
    })
  })
