/** Which checkpoints of a training a stage uses. */
import * as Schema from "effect/Schema"
import { UserError } from "../base/user-error.ts"
import type { Models } from "../values/values.ts"

const Epoch = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(1, { message: "expected an epoch, from 1 on" })
)
const Label = Schema.String.check(Schema.isNonEmpty({ message: "expected a checkpoint's label" }))

/** The parameter `checkpoints`. */
export const Checkpoints = Schema.optionalKey(
  Schema.Array(Schema.Union([Epoch, Label]))
    .check(Schema.isMinLength(1, { message: "expected at least one checkpoint" }))
    .annotate({
      description:
        "Which of several models: epochs, labels, or `last`; in this order, each once. Left out, all of them."
    })
)
export type ChosenCheckpoints = ReadonlyArray<number | string> | undefined

/** How many models the parameter chooses of `all`, as far as that is clear without their labels. */
export const checkpointCount = (
  chosen: ChosenCheckpoints,
  all: number | undefined
): number | undefined =>
  chosen === undefined
    ? all
    : chosen.every((one) => typeof one === "number")
      ? new Set(chosen).size
      : undefined

export type Checkpoint = Models["models"][number]

/**
 * The chosen models, in the order in which they are asked for, each once. An epoch n is the model labelled `epoch n`.
 *
 * @throws UserError when there is no such model
 */
export const chooseCheckpoints = (
  { models }: Models,
  chosen: ChosenCheckpoints
): ReadonlyArray<Checkpoint> => {
  if (chosen === undefined) return models
  const labels = models.map(({ label }) => label)
  return [
    ...new Set(
      chosen.map((one) => {
        const label = typeof one === "number" ? `epoch ${one}` : one
        const found =
          models.find((model) => model.label === label) ??
          (label === "last" ? models.at(-1) : undefined)
        if (found !== undefined) return found
        throw new UserError(`there is no checkpoint ${JSON.stringify(label)}`, {
          hint:
            labels.length === 1 && labels[0] === ""
              ? "there is a single model; leave `checkpoints` out, or connect the training's checkpoints"
              : `there are ${labels.join(", ")}, and last`
        })
      })
    )
  ]
}

/** Between a checkpoint's label and what follows it, in labels of images. */
const separator = " · "

/** A label of an image that a checkpoint made, such as `epoch 5 · 3`; no more than is needed to tell images apart. */
export const labelAtCheckpoint = (checkpoint: string, label: string): string =>
  checkpoint === "" || label === "" ? checkpoint + label : `${checkpoint}${separator}${label}`
