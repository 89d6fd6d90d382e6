/** Weights for other programs. */
import * as Schema from "effect/Schema"
import { encodeModelFile } from "#src/models/model-file.ts"
import { defineStage, port } from "#src/stage.ts"
import { fileNameProblem } from "#src/values/file-name.ts"

const ending = ".safetensors"

export default defineStage({
  summary:
    "Makes a safetensors file of a model's weights, laid out under results/: a PyTorch state dict, which model/load reads too.",
  source: "The safetensors format (https://github.com/huggingface/safetensors)",
  params: Schema.Struct({
    name: Schema.NonEmptyString.annotate({
      description: `Relative path of the file; it ends in ${ending}.`
    })
  }),
  inputs: {
    model: port("Model[H,W,C,K] in R given G of P", { description: "The network." })
  },
  outputs: { file: port("File", { description: "The file." }) },
  check: ({ name }) => {
    const problem = fileNameProblem(name)
    return [
      ...(problem === undefined
        ? []
        : [
            {
              path: ["name"],
              message: `the file name ${JSON.stringify(name)} ${problem}`,
              hint: "name a file below the results folder, such as weights/flow.safetensors"
            }
          ]),
      ...(name.endsWith(ending)
        ? []
        : [{ path: ["name"], message: `${JSON.stringify(name)} does not end in ${ending}` }])
    ]
  },
  example: `weights:
  uses: model/save
  in: { model: train.model }
  with: { name: flow.safetensors }
`,
  run: ({ inputs: { model }, params: { name } }) => {
    const { architecture, prediction, range } = model
    return {
      file: {
        type: "File",
        name,
        mediaType: "application/octet-stream",
        bytes: encodeModelFile(model),
        meta: {
          architecture: { ...architecture },
          range,
          ...(prediction === undefined ? {} : { prediction })
        }
      }
    }
  }
})
