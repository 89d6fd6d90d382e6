/** Prompts' embeddings that another program has made. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { decodeEmbeddingFile, embeddingFormat } from "#src/text/embedding-file.ts"

export default defineStage({
  summary: "Reads prompts' embeddings from a file, such as those of a large text encoder.",
  source:
    "The safetensors format, NumPy's .npy, and torch.save, of which only tensors are read: nothing in a file is executed",
  params: Schema.Struct({
    path: Schema.NonEmptyString.annotate({
      description:
        "A file .safetensors, .pth or .pt: a dictionary with a tensor [1,tokens,width] for each prompt; or .npy: the tensor of one."
    }),
    prompt: Schema.optionalKey(
      Schema.String.annotate({
        description: "Of .npy: the prompt that the tensor is the embedding of, to the byte."
      })
    )
  }),
  files: ["path"],
  inputs: {},
  outputs: {
    embedding: port("Embedding[P,E]", { description: "One row a prompt, in the file's order." })
  },
  bind: ({ path }) => (embeddingFormat(path) === "npy" ? { P: 1 } : {}),
  check: ({ path, prompt }) => {
    const format = embeddingFormat(path)
    if (format === undefined) {
      return [
        {
          path: ["path"],
          message: `${path} is no file of embeddings by its name`,
          hint: "files that end in .safetensors, .npy, .pth and .pt are read"
        }
      ]
    }
    if ((format === "npy") === (prompt !== undefined)) return []
    return [
      prompt === undefined
        ? {
            path: [],
            message: `${path} does not say of which prompt it is the embedding`,
            hint: "give the `prompt`"
          }
        : {
            path: ["prompt"],
            message: `prompts of ${path} are in the file`,
            hint: "remove `prompt`, which is for .npy files"
          }
    ]
  },
  example: `prompts:
  uses: embed/load
  with: { path: embeddings/prompts.pth }
`,
  run: async ({ files, params: { prompt } }) => {
    const { path, read } = files["path"]!
    return { embedding: decodeEmbeddingFile(await read(), path, prompt) }
  }
})
