/** Classes as conditions: what a network that was trained with labels is told. */
import type { Embedding } from "#src/values/values.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Names = Schema.Array(Schema.String.check(Schema.isMinLength(1))).check(
  Schema.isMinLength(1, { message: "expected at least one class" }),
  Schema.makeFilter((names) => new Set(names).size === names.length, {
    message: "expected different names"
  })
)
const digits = Array.from({ length: 10 }, (_, digit) => `${digit}`)

export default defineStage({
  summary: "Turns names of classes into conditions, as embed/text does with prompts.",
  params: Schema.Struct({
    names: Names.annotate({
      description: "Of all classes that the network was trained with, in their order."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(digits))),
    prompts: Schema.optionalKey(
      Schema.Array(Schema.String)
        .check(Schema.isMinLength(1, { message: "expected at least one prompt" }))
        .annotate({
          description:
            "Names of the classes that are wanted, each counted once; the empty text stands for no class. Left out, all of them and the empty one."
        })
    )
  }),
  inputs: {},
  outputs: {
    embedding: port("Embedding[P,K]", {
      description: "One row a prompt: one-hot, or zeros for no class."
    })
  },
  bind: ({ names, prompts }) => ({
    P: prompts === undefined ? names.length + 1 : new Set(prompts).size,
    K: names.length
  }),
  check: ({ names, prompts = [] }) =>
    prompts.flatMap((prompt, index) =>
      prompt === "" || names.includes(prompt)
        ? []
        : [
            {
              path: ["prompts", index],
              message: `there is no class ${JSON.stringify(prompt)}`,
              hint: `classes are ${names.join(", ")}; the empty text stands for none`
            }
          ]
    ),
  example: `prompts:
  uses: embed/classes
  with: { prompts: ["6", "9", ""] }
`,
  run: ({ params }) => {
    const { names } = params
    const prompts = [...new Set(params.prompts ?? [...names, ""])]
    const width = names.length
    const data = new Float32Array(prompts.length * width)
    for (const [row, prompt] of prompts.entries()) {
      if (prompt !== "") data[row * width + names.indexOf(prompt)] = 1
    }
    const embedding: Embedding = {
      type: "Embedding",
      kind: "classes",
      prompts,
      shape: [prompts.length, 1, width],
      data
    }
    return { embedding }
  }
})
