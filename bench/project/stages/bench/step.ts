import { defineStage, Effect, port, Schema } from "ablate"

export default defineStage({
  summary: "Adds a number to the sum of its parents: as little work as a stage can do",
  params: Schema.Struct({
    value: Schema.Finite.annotate({ description: "The number to add" }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(0))
    )
  }),
  inputs: {
    parents: port("Metrics", { description: "Sums so far", many: true, optional: true })
  },
  outputs: { metrics: port("Metrics", { description: "The sum, as `sum`" }) },
  example: "first: { uses: bench/step, with: { value: 1 } }",
  run: ({ params, inputs }) => {
    const before = inputs.parents.reduce((sum, { value }) => sum + (value.scalars["sum"] ?? 0), 0)
    return { metrics: { type: "Metrics", scalars: { sum: before + params.value }, series: [] } }
  }
})
