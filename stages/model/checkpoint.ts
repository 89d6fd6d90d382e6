/** One of a training's checkpoints. */
import * as Schema from "effect/Schema"
import { nearest } from "#src/base/nearest.ts"
import { UserError } from "#src/base/user-error.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "One of several checkpoints, by its epoch or label.",
  params: Schema.Struct({
    epoch: Schema.optionalKey(
      Schema.Int.check(
        Schema.isGreaterThanOrEqualTo(1, { message: "expected an epoch from 1 on" })
      ).annotate({ description: "After which epoch.", unit: "epochs" })
    ),
    label: Schema.optionalKey(
      Schema.String.annotate({ description: "The checkpoint's label, in place of an epoch." })
    )
  }),
  inputs: {
    models: port("Models[M,H,W,C,K] in R given G of P", { description: "The checkpoints." })
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given G of P", { description: "The one that was asked for." })
  },
  check: ({ epoch, label }) => {
    if (epoch !== undefined && label !== undefined) {
      return [{ path: ["label"], message: "epoch and label are both given", hint: "keep one" }]
    }
    if (epoch !== undefined || label !== undefined) return []
    const hint = "add `epoch: 5`, or a label"
    return [{ path: [], message: "neither epoch nor label is given", hint }]
  },
  example: `early:
  uses: model/checkpoint
  in: { models: train.checkpoints }
  with: { epoch: 1 }
`,
  run: ({ inputs: { models }, params }) => {
    const label = params.label ?? `epoch ${params.epoch}`
    const found = models.models.find((checkpoint) => checkpoint.label === label)
    if (found !== undefined) return { model: found.model }
    const labels = models.models.map((checkpoint) => checkpoint.label)
    const meant = params.label === undefined ? undefined : nearest(label, labels)
    const hint = meant === undefined ? "choose one of these" : `did you mean "${meant}"?`
    throw new UserError(`there is no checkpoint "${label}": there ${listed(labels)}`, { hint })
  }
})

const mostListed = 12

/** As the end of "there …"; of many labels the first ones and the last. */
const listed = (labels: ReadonlyArray<string>): string => {
  const names = labels.map((label) => (label === "" ? "one without a label" : label))
  if (names.length === 1) return `is only ${names[0]}`
  if (names.length <= mostListed) return `are ${names.join(", ")}`
  return `are ${names.slice(0, mostListed - 2).join(", ")}, … ${names.at(-1)}`
}
